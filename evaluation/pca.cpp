#include "hourglass/evaluation/pca.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/evaluation/errors.h"

#include <ATen/ATen.h>

#include <functional>

namespace hourglass::evaluation {
namespace {

/// The targets [B, D] float64; for values that are not known, what stands for them in the input.
at::Tensor rows_of_complete_targets(const Batch& batch) {
  const bool has_them = batch.input.sizes() == batch.target.sizes();
  const at::Tensor targets =
      has_them ? at::where(batch.target.isnan(), batch.input, batch.target) : batch.target;
  return targets.flatten(1).to(at::kCPU, at::kDouble);
}

/// Calls `action` with the targets of all items, [B, D] float64 at a time.
void for_each_target_batch(const datasets::Dataset& data, const datasets::BatchProgress& progress,
                           const std::function<void(const at::Tensor&)>& action) {
  datasets::for_each_batch(
      data, [&](const Batch& batch, int64_t /*first*/) { action(rows_of_complete_targets(batch)); },
      progress);
}

/// The mean squared error of what `reconstruct` makes of complete targets [B, D]. Values that are not
/// known count for nothing, as in a model's.
double mean_error(const datasets::Dataset& data,
                  const std::function<at::Tensor(const at::Tensor&)>& reconstruct) {
  double sum = 0;
  datasets::for_each_batch(data, [&](const Batch& batch, int64_t /*first*/) {
    const at::Tensor found = reconstruct(rows_of_complete_targets(batch));
    sum += item_mse(found, batch.target.flatten(1)).sum().item<double>();
  });
  return sum / static_cast<double>(data.size());
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
  return mean_error(data, [&](const at::Tensor& x) { return mean.expand_as(x); });
}

double reconstruction_mse(const Pca& pca, const datasets::Dataset& data) {
  return mean_error(data, [&](const at::Tensor& x) { return pca.reconstruct(x); });
}

}  // namespace hourglass::evaluation
