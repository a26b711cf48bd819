#include "hourglass/models/output_bias.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>

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

/// Of each thing to which the layer adds a bias, the mean over all places where it adds the same: those
/// of a channel [C, 1, 1], or the times of what is read as a sequence (`sequence_shape`).
at::Tensor mean_over_places(const at::Tensor& item, const LayerPlan& layer) {
  const bool has_channels = item.dim() == 3 && layer.kind != "dense";
  if (has_channels) return item.mean({1, 2}, /*keepdim=*/true);
  return item.mean(std::max<int64_t>(item.dim() - 2, 0), /*keepdim=*/true);
}

}  // namespace

void begin_at_mean(Autoencoder& model, const at::Tensor& mean) {
  const at::NoGradGuard no_gradients;
  const LayerPlan layer = output_layer(model);
  const at::Tensor biases = layer.tensors.at("bias");
  at::Tensor logits = logits_of(model.likelihood(), mean);
  if (logits.numel() != biases.numel()) {
    logits = logits_of(model.likelihood(), mean_over_places(mean, layer));
  }
  if (logits.numel() != biases.numel()) {
    throw UsageError("`output_bias` mean: expected {} biases in the last layer, found {}",
                     logits.numel(), biases.numel());
  }
  biases.copy_(logits.view_as(biases));
}

}  // namespace hourglass::models
