#include "hourglass/evaluation/mixture.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/core/shape.h"
#include "hourglass/evaluation/code_matrix.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr double kMostCovarianceBytes = 1e9;

at::Generator mixture_generator(uint64_t seed, std::string_view purpose) {
  return at::detail::createCPUGenerator(derive_seed(seed, purpose));
}

at::Tensor squared_distances(const at::Tensor& values, const at::Tensor& centre) {
  return (values - centre).square().sum(1);
}

/// k-means++: each next centre is a code drawn with a probability that grows with the square of its
/// distance from the nearest centre so far. Returns [N], the nearest centre of every code.
at::Tensor seeded_assignment(const at::Tensor& values, const MixtureOptions& options) {
  at::Generator generator = mixture_generator(options.seed, "mixture");
  at::Tensor chances = at::ones({values.size(0)}, at::kDouble);
  at::Tensor nearest =
      at::full({values.size(0)}, std::numeric_limits<double>::infinity(), at::kDouble);
  at::Tensor assignment = at::zeros({values.size(0)}, at::kLong);
  for (int64_t m = 0; m < options.components; ++m) {
    if (chances.max().item<double>() == 0) {
      throw Error("mixture: expected at least {} different codes, one a component, found {}",
                  options.components, m);
    }
    const auto row = at::multinomial(chances, 1, false, generator).item<int64_t>();
    const at::Tensor distances = squared_distances(values, values[row]);
    assignment.masked_fill_(distances < nearest, m);
    nearest = at::minimum(nearest, distances);
    chances = nearest;
  }
  return assignment;
}

/// Log density of each code under each component, times its weight: [N, M].
at::Tensor joint_log_density(const GaussianMixture& mixture, const at::Tensor& values) {
  const auto width = static_cast<double>(values.size(1));
  std::vector<at::Tensor> columns;
  for (int64_t m = 0; m < mixture.weights.size(0); ++m) {
    const at::Tensor lower = mixture.cholesky[m];
    const at::Tensor whitened =
        at::linalg_solve_triangular(lower, (values - mixture.means[m]).t(), /*upper=*/false);
    const double constant = std::log(mixture.weights[m].item<double>()) -
                            lower.diagonal().log().sum().item<double>() -
                            width / 2 * std::log(2 * std::numbers::pi);
    columns.push_back(constant - whitened.square().sum(0) / 2);
  }
  return at::stack(columns, 1);
}

/// The mixture in which component m has the share `responsibilities` [N, M] of every code.
GaussianMixture maximised(const at::Tensor& values, const at::Tensor& responsibilities,
                          const at::Tensor& floor) {
  // Keeps a component that lost all its codes from dividing by 0.
  const at::Tensor totals = responsibilities.sum(0) + 10 * std::numeric_limits<double>::epsilon();
  GaussianMixture mixture;
  mixture.weights = totals / totals.sum();
  mixture.means = at::matmul(responsibilities.t(), values) / totals.unsqueeze(1);
  std::vector<at::Tensor> lower;
  for (int64_t m = 0; m < totals.size(0); ++m) {
    const at::Tensor centred = values - mixture.means[m];
    const at::Tensor weighted = centred * responsibilities.select(1, m).unsqueeze(1);
    lower.push_back(at::linalg_cholesky(at::matmul(weighted.t(), centred) / totals[m] + floor));
  }
  mixture.cholesky = at::stack(lower);
  return mixture;
}

/// What is added to every covariance; codes that do not vary at all get the share itself.
at::Tensor covariance_floor(const at::Tensor& values, double share) {
  const double variance = values.var(0, /*unbiased=*/false).mean().item<double>();
  return at::eye(values.size(1), at::kDouble) * (variance > 0 ? share * variance : share);
}

/// Each component has a matrix as wide and as high as a code.
void check_covariance_size(int64_t width, int64_t components) {
  const double bytes = 8.0 * static_cast<double>(components) * static_cast<double>(width) *
                       static_cast<double>(width);
  if (bytes <= kMostCovarianceBytes) return;
  throw Error(
      "mixture: expected covariances of at most {:.1f} GB, found {:.1f} GB of {} components for "
      "codes "
      "of {} values: fewer `components`, or codes given by `at`, `interpolate` or `traverse`",
      kMostCovarianceBytes / 1e9, bytes / 1e9, components, width);
}

}  // namespace

at::Tensor GaussianMixture::log_likelihood(const at::Tensor& codes) const {
  return at::logsumexp(joint_log_density(*this, code_matrix(codes)), 1);
}

at::Tensor GaussianMixture::sample(int64_t count, uint64_t seed) const {
  at::Generator generator = mixture_generator(seed, "mixture samples");
  const at::Tensor component = at::multinomial(weights, count, true, generator);
  at::Tensor samples = at::randn({count, means.size(1)}, generator, at::kDouble);
  // One component after the other: a matrix for each sample would take D² numbers each.
  for (int64_t i = 0; i < means.size(0); ++i) {
    const at::Tensor rows = component.eq(i).nonzero().flatten();
    const at::Tensor noise = samples.index_select(0, rows);
    samples.index_copy_(0, rows, means[i] + at::matmul(noise, cholesky[i].t()));
  }
  return samples.to(at::kFloat);
}

GaussianMixture fit_mixture(const at::Tensor& codes, const MixtureOptions& options) {
  check_covariance_size(element_count(codes.sizes().slice(1).vec()), options.components);
  const at::Tensor values = code_matrix(codes);
  const at::Tensor floor = covariance_floor(values, options.covariance_floor);
  at::Tensor responsibilities =
      at::one_hot(seeded_assignment(values, options), options.components).to(at::kDouble);
  GaussianMixture mixture = maximised(values, responsibilities, floor);
  double before = -std::numeric_limits<double>::infinity();
  for (int64_t step = 0; step < options.max_steps; ++step) {
    const at::Tensor joint = joint_log_density(mixture, values);
    const at::Tensor log_likelihood = at::logsumexp(joint, 1);
    const double mean = log_likelihood.mean().item<double>();
    if (mean - before < options.tolerance) break;
    before = mean;
    responsibilities = (joint - log_likelihood.unsqueeze(1)).exp();
    mixture = maximised(values, responsibilities, floor);
  }
  return mixture;
}

}  // namespace hourglass::evaluation
