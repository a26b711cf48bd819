#pragma once

#include <ATen/core/Tensor.h>

namespace hourglass::evaluation {

/// Distance from the mean of the training codes, in standard deviations of the direction. D is the
/// size of a code.
struct Mahalanobis {
  at::Tensor mean;       ///< [D] float64
  at::Tensor precision;  ///< [D, D] float64: the inverse covariance

  /// Codes [N, shape…] -> [N] float64.
  at::Tensor distance(const at::Tensor& codes) const;
};

/// The covariance is the population's (divided by N). Where it is singular the pseudo-inverse is
/// taken: directions in which the training codes do not vary do not count. `codes` is [N, shape…].
/// Throws `Error` for fewer than two codes, and when a code is not finite.
Mahalanobis fit_mahalanobis(const at::Tensor& codes);

}  // namespace hourglass::evaluation
