#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace hourglass::evaluation {

/// Where the bulk of some scores lies and how wide it is; a few scores far off hardly move either.
struct RobustScale {
  double median = 0;
  double spread = 0;  ///< ≥ 0; of normally distributed scores the standard deviation

  /// The score so many spreads above the median.
  double score_at(double deviations) const { return median + deviations * spread; }

  /// What distances from the median are divided by: the spread, and 1 where that is 0.
  double divisor() const { return spread > 0 ? spread : 1; }

  /// How many spreads scores [N] lie above the median: [N] float64. Where the spread is 0, their
  /// plain distance.
  at::Tensor deviations(const at::Tensor& scores) const;
};

/// The spread is 1.4826 times the median absolute deviation. `scores` is [N], N ≥ 1. Throws `Error`
/// when one is not finite.
RobustScale fit_robust_scale(const at::Tensor& scores);

/// The same of numbers that are known to be such, at least one.
RobustScale robust_scale_of(std::vector<double> numbers);

/// The same of scores to be compared with others: where more than half of them are one, 1.2533 times
/// the mean absolute deviation is the spread.
RobustScale fit_common_scale(const at::Tensor& scores);

}  // namespace hourglass::evaluation
