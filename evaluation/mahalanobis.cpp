#include "hourglass/evaluation/mahalanobis.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {

at::Tensor Mahalanobis::distance(const at::Tensor& codes) const {
  const at::Tensor centred = code_matrix(codes) - mean;
  return (at::matmul(centred, precision) * centred).sum(1).clamp_min(0).sqrt();
}

Mahalanobis fit_mahalanobis(const at::Tensor& codes) {
  const at::Tensor values = code_matrix(codes);
  if (values.size(0) < 2) {
    throw Error("Mahalanobis distance: expected at least 2 codes to fit, found {}", values.size(0));
  }
  const at::Tensor precision =
      at::linalg_pinv(population_covariance(values), covariance_tolerance(values.size(1)),
                      /*hermitian=*/true);
  return {values.mean(0), precision};
}

}  // namespace hourglass::evaluation
