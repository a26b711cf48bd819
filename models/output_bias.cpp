#include "hourglass/models/output_bias.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <numeric>

namespace hourglass::models {
namespace {

/// The last layer that has parameters, which has a bias.
LayerPlan output_layer(const Autoencoder& model) {
  const ModelPlan plan = model.plan();
  for (auto layer = plan.decoder.rbegin(); layer != plan.decoder.rend(); ++layer) {
    const auto& tensors = layer->layer.tensors;
    if (tensors.empty()) continue;
    const auto bias = tensors.find("bias");
    if (bias != tensors.end() && bias->second.requires_grad()) return layer->layer;
    throw UsageError("`output_bias` mean: expected biases in the last layer, found none in {}",
                     layer->name);
  }
  throw UsageError("`output_bias` mean: expected a decoder with parameters, found none");
}

/// The dimensions of an item over which the layer adds the same.
std::vector<int64_t> places(const at::Tensor& item, const LayerPlan& layer) {
  const bool has_channels = item.dim() == 3 && layer.kind != "dense";
  if (has_channels) return {1, 2};
  std::vector<int64_t> all_but_last(static_cast<size_t>(item.dim() - 1));
  std::iota(all_but_last.begin(), all_but_last.end(), 0);
  return all_but_last;
}

}  // namespace

void begin_at_mean(Autoencoder& model, const at::Tensor& mean) {
  const at::NoGradGuard no_gradients;
  const LayerPlan layer = output_layer(model);
  const at::Tensor biases = layer.tensors.at("bias");
  const at::Tensor logits = logits_of(model.likelihood(), mean);
  if (biases.numel() == logits.numel()) {
    biases.copy_(logits.view_as(biases));
    return;
  }
  const auto same = places(mean, layer);
  const at::Tensor everywhere = mean.mean(same, /*keepdim=*/true).expand_as(mean);
  const at::Tensor shared = logits_of(model.likelihood(), everywhere).mean(same);
  if (shared.numel() != biases.numel()) {
    throw UsageError("`output_bias` mean: expected {} or {} biases in the last layer, found {}",
                     logits.numel(), shared.numel(), biases.numel());
  }
  biases.copy_(shared);
}

}  // namespace hourglass::models
