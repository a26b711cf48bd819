#include "hourglass/models/autoencoder.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

namespace hourglass::models {

at::Tensor Losses::total() const {
  at::Tensor total;
  for (const auto& term : terms) {
    const at::Tensor part = term.weight == 1 ? term.value : term.value * term.weight;
    total = total.defined() ? total + part : part;
  }
  return total;
}

Autoencoder::Autoencoder(ItemShapes shapes, Shape code_shape, Likelihood likelihood)
    : shapes_(std::move(shapes)), code_shape_(std::move(code_shape)), likelihood_(likelihood) {
  check(likelihood_);
  output_ = std::make_shared<ActivationLayer>(likelihood_.activation);
  register_module("output", output_);
}

Losses Autoencoder::loss(const Batch& batch, StepContext& /*context*/) {
  const at::Tensor logits = decode_logits(encode(batch.input));
  return {.terms = {{"reconstruction", reconstruction_loss(likelihood_, logits, batch.target)}},
          .metrics = {}};
}

std::vector<LayerOutput> Autoencoder::layers(const at::Tensor& x) {
  std::vector<LayerOutput> outputs;
  std::vector<std::shared_ptr<Layer>> listening;
  for (const auto& entry : named_modules("", /*include_self=*/false)) {
    const auto layer = std::dynamic_pointer_cast<Layer>(entry.value());
    if (!layer) continue;
    layer->listener = [&outputs, name = entry.key()](const at::Tensor& y) {
      outputs.push_back({name, y});
    };
    listening.push_back(layer);
  }
  forward(x);
  for (const auto& layer : listening) layer->listener = nullptr;
  return outputs;
}

}  // namespace hourglass::models
