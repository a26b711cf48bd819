#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

struct MixtureOptions {
  int64_t components = 10;
  uint64_t seed = 1;
  int64_t max_steps = 100;  ///< of expectation and maximisation
  double tolerance = 1e-3;  ///< converged when the mean log likelihood, in nats, gains less
  /// Added to the diagonal of every covariance, as a share of the codes' mean variance: a component
  /// cannot shrink to a point.
  double covariance_floor = 1e-6;
};

/// A mixture of Gaussians with full covariances: a distribution of codes to sample from where the
/// model itself has none. M is the number of components, D the size of a code.
struct GaussianMixture {
  at::Tensor weights;   ///< [M] float64, sum 1
  at::Tensor means;     ///< [M, D] float64
  at::Tensor cholesky;  ///< [M, D, D] float64: lower triangles L, covariance = L·Lᵀ

  /// Codes [N, shape…] -> [N] float64, in nats.
  at::Tensor log_likelihood(const at::Tensor& codes) const;

  /// [count, D] float32; the same seed gives the same codes.
  at::Tensor sample(int64_t count, uint64_t seed) const;
};

/// Fitted by expectation and maximisation from k-means++ centres (Arthur & Vassilvitskii 2007).
/// `codes` is [N, shape…]. Throws `Error` unless there are at least as many different codes as
/// components, and when a code is not finite.
GaussianMixture fit_mixture(const at::Tensor& codes, const MixtureOptions& options = {});

}  // namespace hourglass::evaluation
