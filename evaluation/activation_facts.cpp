#include "hourglass/evaluation/activation_facts.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

using nlohmann::json;

/// In one order of summation, however the values lie in memory: saved ones have the same norm.
double norm_of(const at::Tensor& values) {
  return values.to(at::kDouble).contiguous().norm().item<double>();
}

json layer_facts(const Activations& activations) {
  json rows = json::array();
  for (size_t i = 0; i < activations.layers.size(); ++i) {
    const auto& [name, value] = activations.layers[i];
    const at::Tensor values = value.to(at::kDouble);
    rows.push_back({{"name", name}, {"shape", values.sizes().vec()}});
    if (values.numel() > 0) {
      rows.back().update({{"least", values.min().item<double>()},
                          {"greatest", values.max().item<double>()},
                          {"mean", values.mean().item<double>()},
                          {"zeros", values.eq(0).to(at::kDouble).mean().item<double>()}});
    }
    if (activations.gradients) {
      rows.back()["gradient_norm"] = norm_of(activations.gradients->layers[i].value);
    }
  }
  return rows;
}

json weight_facts(const LossGradients& gradients) {
  json rows = json::array();
  for (const auto& [name, value] : gradients.weights) {
    rows.push_back(
        {{"name", name}, {"shape", value.sizes().vec()}, {"gradient_norm", norm_of(value)}});
  }
  return rows;
}

}  // namespace

json activation_facts(const Activations& activations) {
  json facts = {{"rows", std::vector<int64_t>()}, {"layers", layer_facts(activations)}};
  for (const at::Tensor& row : activations.rows.unbind()) {
    facts["rows"].push_back(row.item<int64_t>());
  }
  if (const auto& gradients = activations.gradients) {
    facts["loss"] = gradients->loss;
    facts["input_gradient_norm"] = norm_of(gradients->input);
    facts["weights"] = weight_facts(*gradients);
  }
  return facts;
}

}  // namespace hourglass::evaluation
