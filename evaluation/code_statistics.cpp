#include "hourglass/evaluation/code_statistics.h"

#include "hourglass/evaluation/code_matrix.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <tuple>

namespace hourglass::evaluation {
namespace {

constexpr double kActiveVariance = 0.01;
// Of a covariance, whose eigenvalues take D³ operations.
constexpr int64_t kMostUnits = 4096;

int64_t covariance_rank(const at::Tensor& covariance) {
  const at::Tensor variances = at::linalg_eigvalsh(covariance);  // rising
  const double limit = variances[-1].item<double>() * covariance_tolerance(covariance.size(0));
  return (variances > std::max(limit, 0.0)).sum().item<int64_t>();
}

}  // namespace

CodeStatistics code_statistics(const at::Tensor& codes) {
  const at::Tensor values = code_matrix(codes);
  const at::Tensor variance = values.var(at::IntArrayRef{0}, /*unbiased=*/false);
  CodeStatistics statistics;
  statistics.mean = values.mean(0);
  statistics.deviation = variance.sqrt();
  std::tie(statistics.least, statistics.greatest) = at::aminmax(values, 0);
  statistics.units = values.size(1);
  statistics.dead_units = (statistics.least == statistics.greatest).sum().item<int64_t>();
  statistics.active_units = (variance > kActiveVariance).sum().item<int64_t>();
  if (statistics.units <= kMostUnits) {
    statistics.covariance_rank = covariance_rank(population_covariance(values));
  }
  return statistics;
}

}  // namespace hourglass::evaluation
