#include "hourglass/kernels/dense_passes.h"

#include <algorithm>
#include <array>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/dense_passes.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

template <Activation kActivation>
void activate(const Area& area, const float* bias, const MutableRowsOf& y, float* slopes) {
  const Float f;
  const int64_t columns = padded(area.columns);
  for (int64_t i = 0; i < area.rows; ++i) {
    float* row = y.data + i * y.stride;
    for (int64_t j = 0; j < columns; j += kWidth) {
      const Vector a = hn::Add(hn::Load(f, row + j), hn::Load(f, bias + j));
      const Vector value = value_of<kActivation>(a);
      hn::Store(value, f, row + j);
      if constexpr (!slope_follows_from_value(kActivation)) {
        if (slopes) hn::Store(slope_at<kActivation>(a, value), f, slopes + i * y.stride + j);
      }
    }
  }
}

template <Activation kActivation>
void chain(const Area& area, const RowsOf& y, const float* slopes, const MutableRowsOf& gradient) {
  if constexpr (kActivation == Activation::Linear) return;
  const Float f;
  const int64_t columns = padded(area.columns);
  for (int64_t i = 0; i < area.rows; ++i) {
    float* row = gradient.data + i * gradient.stride;
    for (int64_t j = 0; j < columns; j += kWidth) {
      const Vector slope = slope_follows_from_value(kActivation)
                               ? slope_at_value<kActivation>(hn::Load(f, y.data + i * y.stride + j))
                               : hn::Load(f, slopes + i * y.stride + j);
      hn::Store(hn::Mul(hn::Load(f, row + j), slope), f, row + j);
    }
  }
}

// Tables by activation.
template <size_t... kActivations>
constexpr auto activations_of(std::index_sequence<kActivations...> /*all*/) {
  return std::array{activate<static_cast<Activation>(kActivations)>...};
}
template <size_t... kActivations>
constexpr auto chains_of(std::index_sequence<kActivations...> /*all*/) {
  return std::array{chain<static_cast<Activation>(kActivations)>...};
}
constexpr auto kAll = std::make_index_sequence<static_cast<size_t>(Activation::Sigmoid) + 1>();
constexpr auto kActivate = activations_of(kAll);
constexpr auto kChain = chains_of(kAll);

void add_bias_and_activate(Activation activation, const Area& area, const float* bias,
                           const MutableRowsOf& y, float* slopes) {
  kActivate[static_cast<size_t>(activation)](area, bias, y, slopes);
}

void multiply_by_slopes(Activation activation, const Area& area, const RowsOf& y,
                        const float* slopes, const MutableRowsOf& gradient) {
  kChain[static_cast<size_t>(activation)](area, y, slopes, gradient);
}

void sum_columns(const Area& area, const RowsOf& rows, float* sums) {
  const Float f;
  for (int64_t j = 0; j < padded(area.columns); j += kWidth) {
    Vector sum = hn::Zero(f);
    for (int64_t i = 0; i < area.rows; ++i) {
      sum = hn::Add(sum, hn::Load(f, rows.data + i * rows.stride + j));
    }
    hn::Store(sum, f, sums + j);
  }
}

#if HWY_TARGET == HWY_SCALAR
constexpr int64_t kBlock = 1;
HWY_INLINE void transpose_block(const float* in, int64_t, float* out, int64_t) { *out = *in; }
#else
constexpr int64_t kBlock = 4;
/// Four by four values, in vectors of four.
HWY_INLINE void transpose_block(const float* in, int64_t in_stride, float* out,
                                int64_t out_stride) {
  const hn::FixedTag<float, 4> four;
  const hn::Repartition<double, decltype(four)> pairs;
  const auto r0 = hn::LoadU(four, in), r1 = hn::LoadU(four, in + in_stride);
  const auto r2 = hn::LoadU(four, in + 2 * in_stride), r3 = hn::LoadU(four, in + 3 * in_stride);
  const auto a = hn::BitCast(pairs, hn::InterleaveLower(four, r0, r1));  // 00 10 01 11
  const auto b = hn::BitCast(pairs, hn::InterleaveLower(four, r2, r3));
  const auto c = hn::BitCast(pairs, hn::InterleaveUpper(four, r0, r1));
  const auto d = hn::BitCast(pairs, hn::InterleaveUpper(four, r2, r3));
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, a, b)), four, out);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, a, b)), four, out + out_stride);
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, c, d)), four, out + 2 * out_stride);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, c, d)), four, out + 3 * out_stride);
}
#endif

void transpose(const Area& area, const RowsOf& in, const MutableRowsOf& out) {
  const int64_t rows = area.rows / kBlock * kBlock, columns = area.columns / kBlock * kBlock;
  // Sixteen rows at a time: a line of the cache is written as a whole, not in four visits.
  for (int64_t band = 0; band < rows; band += kLanes) {
    const int64_t end = std::min(band + kLanes, rows);
    for (int64_t j = 0; j < columns; j += kBlock) {
      for (int64_t i = band; i < end; i += kBlock) {
        transpose_block(in.data + i * in.stride + j, in.stride, out.data + j * out.stride + i,
                        out.stride);
      }
    }
  }
  for (int64_t i = 0; i < area.rows; ++i) {
    for (int64_t j = i < rows ? columns : 0; j < area.columns; ++j) {
      out.data[j * out.stride + i] = in.data[i * in.stride + j];
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(add_bias_and_activate);
HWY_EXPORT(multiply_by_slopes);
HWY_EXPORT(sum_columns);
HWY_EXPORT(transpose);

void add_bias_and_activate(Activation activation, const Area& area, const float* bias,
                           const MutableRowsOf& y, float* slopes) {
  HWY_DYNAMIC_DISPATCH(add_bias_and_activate)(activation, area, bias, y, slopes);
}

void multiply_by_slopes(Activation activation, const Area& area, const RowsOf& y,
                        const float* slopes, const MutableRowsOf& gradient) {
  HWY_DYNAMIC_DISPATCH(multiply_by_slopes)(activation, area, y, slopes, gradient);
}

void sum_columns(const Area& area, const RowsOf& rows, float* sums) {
  HWY_DYNAMIC_DISPATCH(sum_columns)(area, rows, sums);
}

void transpose(const Area& area, const RowsOf& in, const MutableRowsOf& out) {
  HWY_DYNAMIC_DISPATCH(transpose)(area, in, out);
}

}  // namespace hourglass::kernels
#endif
