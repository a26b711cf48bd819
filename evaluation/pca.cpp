#include "hourglass/evaluation/pca.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"

#include <ATen/ATen.h>

#include <functional>

namespace hourglass::evaluation {
namespace {

/// The targets [B, shape…]; for values that are not known, what stands for them in the input.
at::Tensor complete_targets(const Batch& batch) {
  if (batch.input.sizes() != batch.target.sizes()) return batch.target;
  return at::where(batch.target.isnan(), batch.input, batch.target);
}

/// Calls `action` with the targets of all items, [B, D] float64 at a time.
void for_each_target_batch(const datasets::Dataset& data, const datasets::BatchProgress& progress,
                           const std::function<void(const at::Tensor&)>& action) {
  datasets::for_each_batch(
      data,
      [&](const Batch& batch, int64_t /*first*/) {
        action(complete_targets(batch).flatten(1).to(at::kCPU, at::kDouble));
      },
      progress);
}

/// Of what `errors` makes of the targets, over all values.
double mean_square(const datasets::Dataset& data,
                   const std::function<at::Tensor(const at::Tensor&)>& errors) {
  double sum = 0;
  int64_t values = 0;
  for_each_target_batch(data, {}, [&](const at::Tensor& x) {
    sum += errors(x).square().sum().item<double>();
    values += x.numel();
  });
  return sum / static_cast<double>(values);
}

/// [D] float64.
at::Tensor mean_target(const datasets::Dataset& data, const datasets::BatchProgress& progress) {
  at::Tensor sum = at::zeros({element_count(data.target_shape())}, at::kDouble);
  for_each_target_batch(data, progress, [&](const at::Tensor& x) { sum += x.sum(0); });
  return sum / data.size();
}

}  // namespace

at::Tensor Pca::encode(const at::Tensor& x) const {
  return at::matmul(x.flatten(1).to(at::kDouble) - mean, components.t());
}

at::Tensor Pca::decode(const at::Tensor& z) const { return at::matmul(z, components) + mean; }

Pca fit_pca(const datasets::Dataset& data, int64_t components,
            const datasets::BatchProgress& progress) {
  const int64_t width = element_count(data.target_shape());
  if (components < 1 || components > width) {
    throw Error("PCA: expected 1 to {} components, found {}", width, components);
  }
  if (data.size() < 2) throw Error("PCA: expected at least 2 items, found {}", data.size());
  const at::Tensor mean = mean_target(data, progress);
  at::Tensor covariance = at::zeros({width, width}, at::kDouble);
  for_each_target_batch(data, progress, [&](const at::Tensor& x) {
    const at::Tensor centred = x - mean;
    covariance.addmm_(centred.t(), centred);
  });
  const at::Tensor vectors = std::get<1>(at::linalg_eigh(covariance));  // columns, variance rising
  return {mean, vectors.narrow(1, width - components, components).flip(1).t().contiguous()};
}

double mean_item_mse(const datasets::Dataset& training, const datasets::Dataset& data) {
  const at::Tensor mean = mean_target(training, {});
  return mean_square(data, [&](const at::Tensor& x) { return x - mean; });
}

double reconstruction_mse(const Pca& pca, const datasets::Dataset& data) {
  return mean_square(data, [&](const at::Tensor& x) { return pca.reconstruct(x) - x; });
}

}  // namespace hourglass::evaluation
