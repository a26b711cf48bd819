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
template <int kRows>
HWY_INLINE void transpose_block(const RowsOf& in, const MutableRowsOf& out) {
  *out.data = *in.data;
}
#else
constexpr int64_t kBlock = 4;

/// The first four values of rows, one after the other in a vector.
template <class Tag>
HWY_INLINE hn::VFromD<Tag> first_four_of(const Tag tag, const RowsOf& rows) {
  if constexpr (hn::MaxLanes(tag) == 4) {
    return hn::LoadU(tag, rows.data);
  } else {
    const hn::Half<Tag> half;
    const auto count = static_cast<int64_t>(hn::MaxLanes(half) / 4);
    return hn::Combine(tag, first_four_of(half, {rows.data + count * rows.stride, rows.stride}),
                       first_four_of(half, rows));
  }
}

/// Four columns of so many rows, a multiple of four: a vector holds row i of each four rows.
template <int kRows>
HWY_INLINE void transpose_block(const RowsOf& in, const MutableRowsOf& out) {
  const hn::FixedTag<float, kRows> f;
  const hn::Repartition<double, decltype(f)> pairs;
  const auto row = [&](int64_t i) {
    return first_four_of(f, {in.data + i * in.stride, 4 * in.stride});
  };
  const auto r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
  const auto a = hn::BitCast(pairs, hn::InterleaveLower(f, r0, r1));  // 00 10 01 11
  const auto b = hn::BitCast(pairs, hn::InterleaveLower(f, r2, r3));
  const auto c = hn::BitCast(pairs, hn::InterleaveUpper(f, r0, r1));
  const auto d = hn::BitCast(pairs, hn::InterleaveUpper(f, r2, r3));
  const auto store = [&](const auto& values, int64_t j) {
    hn::StoreU(hn::BitCast(f, values), f, out.data + j * out.stride);
  };
  store(hn::InterleaveLower(pairs, a, b), 0);
  store(hn::InterleaveUpper(pairs, a, b), 1);
  store(hn::InterleaveLower(pairs, c, d), 2);
  store(hn::InterleaveUpper(pairs, c, d), 3);
}
#endif

/// All columns of some rows that blocks of kRows fill, but for a last one to three.
template <int kRows>
void transpose_rows(int64_t first, int64_t end, int64_t columns, const RowsOf& in,
                    const MutableRowsOf& out) {
  for (int64_t j = 0; j < columns; j += kBlock) {
    for (int64_t i = first; i < end; i += kRows) {
      transpose_block<kRows>({in.data + i * in.stride + j, in.stride},
                             {out.data + j * out.stride + i, out.stride});
    }
  }
}

void transpose(const Area& area, const RowsOf& in, const MutableRowsOf& out) {
  const int64_t rows = area.rows / kBlock * kBlock, columns = area.columns / kBlock * kBlock;
  // Sixteen rows at a time: a line of the cache is written as a whole, not in several visits.
  int64_t first = 0;
  for (; first + kLanes <= rows; first += kLanes) {
    transpose_rows<kWidth>(first, first + kLanes, columns, in, out);
  }
  transpose_rows<kBlock>(first, rows, columns, in, out);
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
