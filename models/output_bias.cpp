#include "hourglass/models/output_bias.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <numeric>

namespace hourglass::models {
namespace {

/// The biases of the last layer that has parameters.
at::Tensor output_biases(const Autoencoder& model) {
  const ModelPlan plan = model.plan();
  for (auto layer = plan.decoder.rbegin(); layer != plan.decoder.rend(); ++layer) {
    const auto& tensors = layer->layer.tensors;
    if (tensors.empty()) continue;
    const auto bias = tensors.find("bias");
    if (bias != tensors.end() && bias->second.requires_grad()) return bias->second;
    throw UsageError("`output_bias` mean: expected biases in the last layer, found none in {}",
                     layer->name);
  }
  throw UsageError("`output_bias` mean: expected a decoder with parameters, found none");
}

/// The dimensions of an item that are places, each with the same channels or features.
std::vector<int64_t> places(const at::Tensor& item) {
  if (item.dim() == 3) return {1, 2};
  std::vector<int64_t> all(static_cast<size_t>(item.dim() - 1));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

void begin_at_mean(Autoencoder& model, const at::Tensor& mean) {
  const at::NoGradGuard no_gradients;
  const at::Tensor biases = output_biases(model);
  const at::Tensor logits = logits_of(model.likelihood(), mean);
  if (biases.numel() == logits.numel()) {
    biases.copy_(logits.view_as(biases));
    return;
  }
  const at::Tensor everywhere = mean.mean(places(mean), /*keepdim=*/true).expand_as(mean);
  const at::Tensor shared = logits_of(model.likelihood(), everywhere).mean(places(mean));
  if (shared.numel() != biases.numel()) {
    throw UsageError("`output_bias` mean: expected {} or {} biases in the last layer, found {}",
                     logits.numel(), shared.numel(), biases.numel());
  }
  biases.copy_(shared);
}

}  // namespace hourglass::models
