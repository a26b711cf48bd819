#include "hourglass/kernels/selection.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

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
  for (int64_t j = 0; j < padded(area.columns); j += kWidth) {
    const Vector biases = hn::Load(f, comparison.biases + j);
    const Vector scales = hn::Load(f, comparison.scales + j);
    const Vector floors = hn::Load(f, comparison.floors + j);
    const auto columns = hn::Iota(integers, first_column + static_cast<int32_t>(j));
    for (int64_t i = 0; i < area.rows; ++i) {
      const Vector value = hn::Load(f, values.data + i * values.stride + j);
      const Vector key = hn::Mul(hn::Add(value, biases), scales);
      const auto keep = hn::And(hn::Gt(key, constant(kept.bounds[i])), hn::Gt(key, floors));
      if (hn::AllFalse(f, keep)) continue;
      // To memory as a whole: writing only some lanes is slow where it is done in microcode.
      const int64_t end = i * kept.stride + kept.counts[i];
      hn::StoreU(hn::Compress(key, keep), f, kept.values + end);
      hn::StoreU(hn::Compress(columns, hn::RebindMask(integers, keep)), integers,
                 kept.columns + end);
      kept.counts[i] += static_cast<int64_t>(hn::CountTrue(f, keep));
    }
  }
}

int64_t count_at_least(int64_t count, const float* values, float bound) {
  const Float f;
  const Vector bounds = constant(bound);
  int64_t found = 0, i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    found += static_cast<int64_t>(hn::CountTrue(f, hn::Ge(hn::LoadU(f, values + i), bounds)));
  }
  if (count < kWidth) {
    for (; i < count; ++i) found += values[i] >= bound;
  } else if (i < count) {
    // The last vector, of which the first lanes are counted already.
    const auto counted = hn::FirstN(f, static_cast<size_t>(i + kWidth - count));
    const auto large = hn::Ge(hn::LoadU(f, values + count - kWidth), bounds);
    found += static_cast<int64_t>(hn::CountTrue(f, hn::AndNot(counted, large)));
  }
  return found;
}

/// The least of the values that are at least `bound`.
float least_from(int64_t count, const float* values, float bound) {
  const Float f;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Vector bounds = constant(bound), infinity = constant(kInfinity);
  Vector least = infinity;
  const auto look_at = [&](int64_t i) {
    const Vector value = hn::LoadU(f, values + i);
    least = hn::Min(least, hn::IfThenElse(hn::Ge(value, bounds), value, infinity));
  };
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) look_at(i);
  if (count >= kWidth) {
    look_at(count - kWidth);
    return hn::GetLane(hn::MinOfLanes(f, least));
  }
  float found = kInfinity;
  for (; i < count; ++i) found = values[i] >= bound ? std::min(found, values[i]) : found;
  return found;
}

float kth_largest(int64_t count, const float* values, int64_t k) {
  // Numbers ≥ 0 are ordered as their bits are, those below the other way round: there the least magnitude is looked for
  // that k values do not exceed.
  const bool is_negative = count_at_least(count, values, 0) < k;
  constexpr uint32_t kSign = uint32_t{1} << 31;
  uint32_t bits = 0;
  for (uint32_t bit = kSign >> 1; bit != 0; bit >>= 1) {
    const uint32_t tried = bits | bit;
    const float bound = std::bit_cast<float>(is_negative ? (tried - 1) | kSign : tried);
    const int64_t found = count_at_least(count, values, bound);
    if (found == k) return least_from(count, values, bound);
    if ((found > k) != is_negative) bits = tried;
  }
  return std::bit_cast<float>(is_negative ? bits | kSign : bits);
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
