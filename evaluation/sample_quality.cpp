#include "hourglass/evaluation/sample_quality.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"
#include "hourglass/evaluation/neighbours.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kBlock = 1024;  // rows whose distances are held at once

/// tr((A B)^½) of covariances: the roots of the eigenvalues of A^½ B A^½, which is symmetric.
double trace_of_root(const at::Tensor& a, const at::Tensor& b) {
  const auto [values, vectors] = at::linalg_eigh(a);
  const at::Tensor root = at::matmul(vectors * values.clamp_min(0).sqrt(), vectors.t());
  const at::Tensor product = at::matmul(at::matmul(root, b), root);
  return at::linalg_eigvalsh(product).clamp_min(0).sqrt().sum().item<double>();
}

double frechet_distance(const at::Tensor& real, const at::Tensor& samples) {
  // Of samples of a distribution, as NumPy's `cov`: divided by one less than their number.
  const at::Tensor a = at::cov(real.t()).reshape({real.size(1), real.size(1)});
  const at::Tensor b = at::cov(samples.t()).reshape({real.size(1), real.size(1)});
  const double means = (real.mean(0) - samples.mean(0)).square().sum().item<double>();
  return means + (a.trace() + b.trace()).item<double>() - 2 * trace_of_root(a, b);
}

/// The sum of the kernel over all pairs of rows.
double kernel_total(const at::Tensor& a, const at::Tensor& b) {
  double total = 0;
  for (int64_t first = 0; first < a.size(0); first += kBlock) {
    const at::Tensor block = a.narrow(0, first, std::min(kBlock, a.size(0) - first));
    const at::Tensor products = at::matmul(block, b.t()) / static_cast<double>(a.size(1));
    total += (products + 1).pow(3).sum().item<double>();
  }
  return total;
}

/// Over pairs of different rows.
double mean_kernel_within(const at::Tensor& rows) {
  const double own = (rows.square().mean(1) + 1).pow(3).sum().item<double>();
  const auto n = static_cast<double>(rows.size(0));
  return (kernel_total(rows, rows) - own) / (n * (n - 1));
}

double squared_discrepancy(const at::Tensor& real, const at::Tensor& samples) {
  const auto pairs = static_cast<double>(real.size(0)) * static_cast<double>(samples.size(0));
  return mean_kernel_within(real) + mean_kernel_within(samples) -
         2 * kernel_total(real, samples) / pairs;
}

/// From each row to its k-th neighbour among the others, [N].
at::Tensor reach(const at::Tensor& rows, int64_t neighbours) {
  const at::Tensor own = at::arange(rows.size(0), at::kLong);
  const at::Tensor codes = rows.to(at::kFloat);
  return nearest_neighbours({codes, {}}, codes, {.count = neighbours, .own_rows = own})
      .distances.select(1, neighbours - 1);
}

/// Precision, recall, density and coverage.
void measure_balls(const at::Tensor& real, const at::Tensor& samples, int64_t neighbours,
                   SampleQuality& found) {
  const at::Tensor real_reach = reach(real, neighbours), sample_reach = reach(samples, neighbours);
  const int64_t n = real.size(0), m = samples.size(0);
  int64_t precise = 0, pairs = 0;
  at::Tensor recalled = at::zeros({n}, at::kBool), covered = at::zeros({n}, at::kBool);
  for (int64_t first = 0; first < m; first += kBlock) {
    const int64_t count = std::min(kBlock, m - first);
    const at::Tensor distances = at::cdist(samples.narrow(0, first, count), real);  // [count, N]
    const at::Tensor within = distances < real_reach;
    precise += within.any(1).sum().item<int64_t>();
    pairs += within.sum().item<int64_t>();
    covered.logical_or_(within.any(0));
    recalled.logical_or_((distances < sample_reach.narrow(0, first, count).unsqueeze(1)).any(0));
  }
  const auto share = [](double part, int64_t of) { return part / static_cast<double>(of); };
  found.precision = share(static_cast<double>(precise), m);
  found.density = share(static_cast<double>(pairs), m * neighbours);
  found.recall = recalled.to(at::kDouble).mean().item<double>();
  found.coverage = covered.to(at::kDouble).mean().item<double>();
}

}  // namespace

SampleQuality measure_samples(const at::Tensor& real, const at::Tensor& samples,
                              int64_t neighbours) {
  // As float32 for all: reaches and distances are compared.
  const at::Tensor a = code_matrix(real, at::kFloat).to(at::kDouble);
  const at::Tensor b = code_matrix(samples, at::kFloat).to(at::kDouble);
  if (a.size(1) != b.size(1)) {
    throw Error("samples: expected {} features as of real items, found {}", a.size(1), b.size(1));
  }
  if (std::min(a.size(0), b.size(0)) <= neighbours) {
    throw Error("samples: expected more than {} of them and of real items, found {} and {}",
                neighbours, b.size(0), a.size(0));
  }
  SampleQuality found{.frechet = frechet_distance(a, b), .mmd = squared_discrepancy(a, b)};
  measure_balls(a, b, neighbours, found);
  return found;
}

}  // namespace hourglass::evaluation
