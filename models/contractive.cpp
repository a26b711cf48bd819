#include "hourglass/models/contractive.h"

#include "hourglass/models/evaluation_mode.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <optional>
#include <typeinfo>

namespace hourglass::models {
namespace {

/// f'(a) from the activation's value h = f(a), where that is enough to know it.
std::optional<at::Tensor> derivative_from_value(Activation activation, const at::Tensor& h) {
  switch (activation) {
    case Activation::Sigmoid: return h * (1 - h);
    case Activation::Tanh: return 1 - h * h;
    case Activation::Relu: return h.gt(0).to(h.scalar_type());
    case Activation::Linear: return at::ones_like(h);
    default: return {};
  }
}

/// The encoder's dense layer where it is the only one that computes.
std::optional<LayerPlan> single_dense_layer(const ModelPlan& plan) {
  std::vector<LayerPlan> layers;
  for (const auto& entry : plan.encoder) {
    if (entry.layer.kind != "flatten") layers.push_back(entry.layer);
  }
  if (layers.size() != 1 || layers.front().kind != "dense") return {};
  return layers.front();
}

}  // namespace

std::vector<Phase> Contractive::phases() const {
  const Term contraction = {.name = "contraction", .weight = options_.contraction};
  return {{.terms = {{"reconstruction"}, contraction}, .metrics = {"jacobian_norm"}}};
}

StepValues Contractive::losses(const Batch& batch, const StepContext& context) {
  const at::Tensor norm = squared_jacobian_norm(batch, context);  // [B]
  const at::Tensor logits = decode_logits(encode(batch.input, batch.condition), batch.condition);
  return {.terms = {reconstruction_loss(likelihood(), logits, batch.target), norm.mean()},
          .metrics = {norm.sqrt().mean()}};
}

std::optional<ObjectivePlan> Contractive::objective_plan() const {
  const auto layer = single_dense_layer(plan());
  const bool closed = options_.jacobian == JacobianNorm::Exact && layer &&
                      derivative_from_value(layer->activation, at::zeros({}));
  if (typeid(*this) != typeid(Contractive) || !closed) return {};
  return ObjectivePlan{.penalty = Penalty::Contraction};
}

at::Tensor Contractive::squared_jacobian_norm(const Batch& batch, const StepContext& context) {
  const auto layer = single_dense_layer(plan());
  if (options_.jacobian == JacobianNorm::Estimate || !layer) {
    return by_differentiation(batch, context);
  }
  const at::Tensor h = encode(batch.input, batch.condition);  // [B, C]
  const auto slope = derivative_from_value(layer->activation, h);
  if (!slope) return by_differentiation(batch, context);
  // The condition stands behind the input's values; the norm does not ask how the code follows it.
  const at::Tensor weight =
      layer->tensors.at("weight").narrow(1, 0, element_count(input_shape()));  // [C, I]
  return at::matmul(slope->square(), weight.square().sum(1));                  // [B, C] · [C]
}

at::Tensor Contractive::by_differentiation(const Batch& batch, const StepContext& context) {
  const at::AutoGradMode with_gradients(true);  // validation runs without them
  // The sum of a unit over a batch that is normalised by its own moments does not depend on it.
  const EvaluationMode evaluation(*named_children()["encoder"]);
  const at::Tensor x = batch.input.detach().requires_grad_();
  const at::Tensor h = encode(x, batch.condition).flatten(1);  // [B, C]
  const auto squared_gradient_of = [&](const at::Tensor& sum) {
    return torch::autograd::grad({sum}, {x}, /*grad_outputs=*/{}, /*retain_graph=*/true,
                                 /*create_graph=*/true)[0]
        .flatten(1)
        .square()
        .sum(1);  // [B]
  };
  if (options_.jacobian == JacobianNorm::Estimate) {
    const at::Tensor direction = context.random.normal_like("jacobian", batch.rows, h);
    return squared_gradient_of((h * direction).sum());
  }
  at::Tensor norm = squared_gradient_of(h.select(1, 0).sum());
  for (int64_t unit = 1; unit < h.size(1); ++unit) {
    norm = norm + squared_gradient_of(h.select(1, unit).sum());
  }
  return norm;
}

}  // namespace hourglass::models
