#include "hourglass/models/regularized.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <typeinfo>

namespace hourglass::models {

std::vector<Phase> Regularized::phases() const {
  return {{.terms = {{"reconstruction"},
                     {.name = "code_norm", .weight = options_.code_weight},
                     {.name = "decoder_norm", .weight = options_.decoder_weight}}}};
}

StepValues Regularized::losses(const Batch& batch, const StepContext& context) {
  const bool is_l2 = options_.decoder_regularization == DecoderRegularization::L2;
  at::Tensor z = encode(batch.input, batch.condition), logits, norm;
  {
    // The penalty differentiates, in validation too, which runs without gradients.
    const at::AutoGradMode with_gradients(!is_l2 || at::GradMode::is_enabled());
    if (!is_l2 && !z.requires_grad()) z = z.detach().requires_grad_();
    logits = decode_logits(z, batch.condition);
    if (!is_l2) norm = gradient_penalty(z, logits, batch, context);
  }
  if (is_l2) {
    norm = at::zeros({}, z.options());
    for (const auto& weight : decoder_weights()) norm = norm + weight.square().sum();
  }
  return {.terms = {reconstruction_loss(likelihood(), logits, batch.target, Reduction::SumOfValues),
                    0.5 * z.flatten(1).square().sum(1).mean(), is_l2 ? norm : norm.mean()}};
}

std::optional<ObjectivePlan> Regularized::objective_plan() const {
  const bool is_l2 = options_.decoder_regularization == DecoderRegularization::L2;
  if (typeid(*this) != typeid(Regularized) || !is_l2) return {};
  return ObjectivePlan{.reduction = Reduction::SumOfValues,
                       .penalty = Penalty::CodeAndWeights,
                       .weights = decoder_weights()};
}

std::vector<at::Tensor> Regularized::decoder_weights() const {
  std::vector<at::Tensor> weights;
  // Biases, and the scales of what normalises, have one dimension.
  for (const auto& parameter : named_children()["decoder"]->parameters()) {
    if (parameter.dim() > 1) weights.push_back(parameter);
  }
  for (const auto& entry : plan().decoder) {
    const auto tied = entry.layer.tensors.find("transposed_weight");
    if (tied != entry.layer.tensors.end()) weights.push_back(tied->second);
  }
  return weights;
}

at::Tensor Regularized::gradient_penalty(const at::Tensor& z, const at::Tensor& logits,
                                         const Batch& batch, const StepContext& context) const {
  const at::Tensor items = mean_of(likelihood(), logits);
  const at::Tensor direction = context.random.normal_like("direction", batch.rows, items);
  const at::Tensor gradient =
      torch::autograd::grad({(items * direction).sum()}, {z}, /*grad_outputs=*/{},
                            /*retain_graph=*/true, /*create_graph=*/true)[0];
  return gradient.flatten(1).square().sum(1);
}

}  // namespace hourglass::models
