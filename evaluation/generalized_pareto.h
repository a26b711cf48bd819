#pragma once

#include <span>

namespace hourglass::evaluation {

/// The generalised Pareto distribution, to which excesses over a high threshold come close whatever
/// they are of (Pickands 1975): one is larger than x > 0 with probability
/// (1 + shape · x / scale)^(−1 / shape), or e^(−x / scale) where the shape is 0. The tail is heavy where
/// the shape is positive, and ends at −scale / shape where it is negative.
struct GeneralizedPareto {
  double scale = 1;  ///< positive, in the unit of the excesses
  double shape = 0;

  /// The excess that is surpassed with this probability, of (0, 1].
  double surpassed_with(double probability) const;

  /// The sum of the logarithms of the density at excesses.
  double log_likelihood(std::span<const double> excesses) const;
};

/// By probability-weighted moments (Hosking & Wallis: "Parameter and quantile estimation for the
/// generalized Pareto distribution", 1987). `excesses` rise, are positive, and not all equal.
GeneralizedPareto fit_by_moments(std::span<const double> excesses);

/// By maximum likelihood, for which one number is searched for instead of two (Grimshaw: "Computing
/// maximum likelihood estimates for the generalized Pareto distribution", 1993): the best of the
/// local maxima with a shape above −1, where the likelihood is bounded, and of the exponential
/// distribution. `excesses` are positive, at least one, in any order.
GeneralizedPareto fit_by_likelihood(std::span<const double> excesses);

}  // namespace hourglass::evaluation
