#include "hourglass/models/inverse_autoregressive_flow.h"

#include "hourglass/models/autoregressive.h"
#include "hourglass/models/initializers.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::models {
namespace {

constexpr double kFirstGate = 2;

at::Tensor glorot(int64_t outputs, int64_t inputs) {
  at::Tensor weight = at::empty({outputs, inputs});
  initialize(Initializer::GlorotUniform, weight, inputs, outputs);
  return weight;
}

}  // namespace

AutoregressiveStep::AutoregressiveStep(int64_t values, bool backwards) {
  const int64_t units = autoregressive_units(values);
  const AutoregressiveMasks forwards = autoregressive_masks(values, units);
  const AutoregressiveMasks masks = backwards ? forwards.reversed() : forwards;
  hidden_mask_ = register_buffer("hidden_mask", masks.hidden);
  hidden_weight_ = register_parameter("hidden_weight", glorot(units, values));
  hidden_context_ = register_parameter("hidden_context", glorot(units, values));
  hidden_bias_ = register_parameter("hidden_bias", at::zeros({units}));
  mask_ = register_buffer("mask", masks.output.repeat({2, 1}));
  weight_ = register_parameter("weight", glorot(2 * values, units));
  context_ = register_parameter("context", glorot(2 * values, values));
  bias_ =
      register_parameter("bias", at::cat({at::zeros({values}), at::full({values}, kFirstGate)}));
}

FlowedCode AutoregressiveStep::forward(const at::Tensor& z, const at::Tensor& context) {
  const at::Tensor hidden = (at::linear(z, hidden_weight_ * hidden_mask_, hidden_bias_) +
                             at::linear(context, hidden_context_))
                                .tanh();
  const at::Tensor both =
      widened(at::linear(hidden, weight_ * mask_, bias_) + at::linear(context, context_));
  const int64_t values = bias_.size(0) / 2;
  const at::Tensor mean = both.narrow(1, 0, values), scale = both.narrow(1, values, values);
  const at::Tensor gate = scale.sigmoid();
  // log sigmoid(s) = −softplus(−s)
  return {mean + gate * (z - mean), -at::softplus(-scale).sum(1)};
}

InverseAutoregressiveFlow::InverseAutoregressiveFlow(int64_t values, int64_t steps) {
  for (int64_t i = 0; i < steps; ++i) {
    steps_.push_back(
        register_module(fmt::format("step{}", i + 1),
                        std::make_shared<AutoregressiveStep>(values, /*backwards=*/i % 2 == 1)));
  }
}

FlowedCode InverseAutoregressiveFlow::forward(const at::Tensor& z0, const at::Tensor& context) {
  FlowedCode code = {z0.flatten(1), {}};
  for (const auto& step : steps_) {
    const FlowedCode next = step->forward(code.z, context.flatten(1));
    code.z = next.z;
    code.log_determinant = code.log_determinant.defined()
                               ? code.log_determinant + next.log_determinant
                               : next.log_determinant;
  }
  code.z = code.z.view_as(z0);
  return code;
}

TensorMethod method_of(const std::shared_ptr<InverseAutoregressiveFlow>& flow, const Shape& code) {
  TensorMethod method = {.name = "flow", .arguments = {{"z0", code}, {"context", code}}, .run = {}};
  method.run = [flow](const std::vector<at::Tensor>& of) {
    const FlowedCode found = flow->forward(of[0], of[1]);
    return std::vector{found.z, found.log_determinant};
  };
  return method;
}

}  // namespace hourglass::models
