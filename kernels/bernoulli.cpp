#include "hourglass/kernels/bernoulli.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/bernoulli.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

// Of so many vectors sums are kept in float32, which their rounding does not spoil.
constexpr int64_t kVectorsOfSum = 8;

HWY_INLINE Vector log_density_of(Vector p, Vector x, float least) {
  p = at_most(1 - least, at_least(least, p));
  const Vector one = constant(1), rest = hn::Sub(one, p);
  // Rounding of 1 − p, which is exact for p ≥ ½: ln(1 − p) ≈ ln(rest) + the difference.
  const Vector rounding = hn::Sub(hn::Sub(one, rest), p);
  const Vector unlikely = hn::Add(logarithm(rest), rounding);
  const Vector density = hn::MulAdd(x, hn::Sub(logarithm(p), unlikely), unlikely);
  return hn::IfThenElseZero(hn::Eq(x, x), density);  // not NaN
}

/// What whole vectors leave of a row.
double log_density_of_rest(int64_t count, const float* p, const float* x, float least) {
  float probabilities[kWidth], values[kWidth];
  std::fill_n(probabilities, kWidth, 0.5F);
  std::fill_n(values, kWidth, std::numeric_limits<float>::quiet_NaN());
  std::copy_n(p, count, probabilities);
  std::copy_n(x, count, values);
  const Float f;
  const Vector density = log_density_of(hn::LoadU(f, probabilities), hn::LoadU(f, values), least);
  return hn::GetLane(hn::SumOfLanes(f, density));
}

double row_log_density(int64_t columns, const float* p, const float* x, float least) {
  const Float f;
  const int64_t whole = columns / kWidth * kWidth;
  double sum = 0;
  for (int64_t begin = 0; begin < whole; begin += kVectorsOfSum * kWidth) {
    Vector part = hn::Zero(f);
    const int64_t end = std::min(begin + kVectorsOfSum * kWidth, whole);
    for (int64_t j = begin; j < end; j += kWidth) {
      part = hn::Add(part, log_density_of(hn::LoadU(f, p + j), hn::LoadU(f, x + j), least));
    }
    sum += hn::GetLane(hn::SumOfLanes(f, part));
  }
  return whole == columns ? sum
                          : sum + log_density_of_rest(columns - whole, p + whole, x + whole, least);
}

void bernoulli_log_density(const BernoulliRows& items, double* out) {
  for (int64_t i = 0; i < items.rows; ++i) {
    out[i] = row_log_density(items.columns, items.probabilities + i * items.columns,
                             items.values + i * items.value_stride, items.least);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(bernoulli_log_density);

void bernoulli_log_density(const BernoulliRows& items, double* out) {
  HWY_DYNAMIC_DISPATCH(bernoulli_log_density)(items, out);
}

}  // namespace hourglass::kernels
#endif
