#include "hourglass/models/contractive.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace hourglass::models {
namespace {

/// f'(a) from the activation's value f(a), where that is enough to know it.
bool has_simple_derivative(Activation activation) {
  return activation == Activation::Sigmoid || activation == Activation::Tanh ||
         activation == Activation::Relu || activation == Activation::Linear;
}

at::Tensor derivative_from_value(Activation activation, const at::Tensor& h) {
  switch (activation) {
    case Activation::Sigmoid: return h * (1 - h);
    case Activation::Tanh: return 1 - h * h;
    case Activation::Relu: return h.gt(0).to(h.scalar_type());
    default: return at::ones_like(h);
  }
}

}  // namespace

void ContractiveOptions::describe(FieldTable& table) {
  network.describe(table);
  table.add("contraction", contraction, "weight of the squared norm of the encoder's Jacobian")
      .at_least(0);
  table.add("jacobian", jacobian,
            "how the norm is computed: exact, or estimate with one random direction a step");
}

void check(const ContractiveOptions& options) { check(options.network); }

ContractiveAutoencoder::ContractiveAutoencoder(Options options, ItemShapes shapes)
    : DenseAutoencoder(options.network, std::move(shapes)), options_(std::move(options)) {}

Losses ContractiveAutoencoder::loss(const Batch& batch, StepContext& context) {
  const at::Tensor norm = squared_jacobian_norm(batch.input, context);  // [B]
  const at::Tensor logits = decode_logits(encode(batch.input));
  return {.terms = {{"reconstruction", reconstruction_loss(likelihood(), logits, batch.target)},
                    {"contraction", norm.mean(), options_.contraction}},
          .metrics = {{"jacobian_norm", norm.sqrt().mean()}}};
}

at::Tensor ContractiveAutoencoder::squared_jacobian_norm(const at::Tensor& x,
                                                         StepContext& context) {
  const bool one_layer = options_.network.widths.size() == 1;
  const bool closed = one_layer && has_simple_derivative(options_.network.code_activation);
  return options_.jacobian == JacobianNorm::Exact && closed ? closed_form(x)
                                                            : by_differentiation(x, context);
}

at::Tensor ContractiveAutoencoder::closed_form(const at::Tensor& x) {
  const at::Tensor slope = derivative_from_value(options_.network.code_activation, encode(x));
  const at::Tensor row_norms = encoder_layers().front()->weight.square().sum(1);  // [C]
  return at::matmul(slope.square(), row_norms);                                   // [B, C] · [C]
}

at::Tensor ContractiveAutoencoder::by_differentiation(const at::Tensor& input,
                                                      StepContext& context) {
  const at::AutoGradMode with_gradients(true);  // validation runs without them
  const at::Tensor x = input.detach().requires_grad_();
  const at::Tensor h = encode(x);  // [B, C]
  const auto squared_gradient_of = [&](const at::Tensor& sum) {
    return torch::autograd::grad({sum}, {x}, /*grad_outputs=*/{}, /*retain_graph=*/true,
                                 /*create_graph=*/true)[0]
        .flatten(1)
        .square()
        .sum(1);  // [B]
  };
  if (options_.jacobian == JacobianNorm::Estimate) {
    const at::Tensor direction = at::randn(h.sizes(), context.generator, h.options());
    return squared_gradient_of((h * direction).sum());
  }
  at::Tensor norm = squared_gradient_of(h.select(1, 0).sum());
  for (int64_t unit = 1; unit < h.size(1); ++unit) {
    norm = norm + squared_gradient_of(h.select(1, unit).sum());
  }
  return norm;
}

}  // namespace hourglass::models
