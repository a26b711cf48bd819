#include "hourglass/kernels/selection.h"

#include <bit>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/selection.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

void keep_larger(const Area& area, const RowsOf& values, const Comparison& comparison,
                 int32_t first_column, const KeptRows& kept) {
  const Float f;
  const Integer integers;
  const int64_t columns = padded(area.columns);
  for (int64_t i = 0; i < area.rows; ++i) {
    const Vector bound = constant(kept.bounds[i]);
    int64_t count = kept.counts[i];
    for (int64_t j = 0; j < columns; j += kWidth) {
      const Vector value = hn::Load(f, values.data + i * values.stride + j);
      const Vector key = hn::Mul(hn::Add(value, hn::Load(f, comparison.biases + j)),
                                 hn::Load(f, comparison.scales + j));
      const auto keep =
          hn::And(hn::Gt(key, bound), hn::Gt(key, hn::Load(f, comparison.floors + j)));
      if (hn::AllFalse(f, keep)) continue;
      const auto column = hn::Iota(integers, first_column + static_cast<int32_t>(j));
      // To memory as a whole: writing only some lanes is slow where the processor does it in microcode.
      const int64_t end = i * kept.stride + count;
      hn::StoreU(hn::Compress(key, keep), f, kept.values + end);
      hn::StoreU(hn::Compress(column, hn::RebindMask(integers, keep)), integers,
                 kept.columns + end);
      count += static_cast<int64_t>(hn::CountTrue(f, keep));
    }
    kept.counts[i] = count;
  }
}

int64_t count_at_least(int64_t count, const float* values, float bound) {
  const Float f;
  const Vector bounds = constant(bound);
  int64_t found = 0, i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    found += static_cast<int64_t>(hn::CountTrue(f, hn::Ge(hn::LoadU(f, values + i), bounds)));
  }
  for (; i < count; ++i) found += values[i] >= bound;
  return found;
}

float kth_largest(int64_t count, const float* values, int64_t k) {
  // Numbers ≥ 0 are ordered as their bits are; those below the other way round.
  const bool is_negative = count_at_least(count, values, 0) < k;
  uint32_t bits = 0;
  for (uint32_t bit = uint32_t{1} << 30; bit != 0; bit >>= 1) {
    const uint32_t tried = bits | bit;
    if (is_negative) {
      // The least magnitude that enough are above: a bit stays where the magnitudes without it do not reach.
      const uint32_t below = (tried - 1) | (uint32_t{1} << 31);
      if (count_at_least(count, values, std::bit_cast<float>(below)) < k) bits = tried;
    } else if (count_at_least(count, values, std::bit_cast<float>(tried)) >= k) {
      bits = tried;
    }
  }
  return std::bit_cast<float>(is_negative ? bits | (uint32_t{1} << 31) : bits);
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(keep_larger);
HWY_EXPORT(kth_largest);

void keep_larger(const Area& area, const RowsOf& values, const Comparison& comparison,
                 int32_t first_column, const KeptRows& kept) {
  HWY_DYNAMIC_DISPATCH(keep_larger)(area, values, comparison, first_column, kept);
}

float kth_largest(int64_t count, const float* values, int64_t k) {
  return HWY_DYNAMIC_DISPATCH(kth_largest)(count, values, k);
}

}  // namespace hourglass::kernels
#endif
