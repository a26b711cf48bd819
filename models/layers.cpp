#include "hourglass/models/layers.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::models {

DenseLayer::DenseLayer(int64_t inputs, int64_t outputs, Activation activation,
                       Initializer initializer)
    : activation_(activation) {
  if (inputs < 1 || outputs < 1) {
    throw Error("dense layer: expected at least 1 input and 1 output, found {} and {}", inputs,
                outputs);
  }
  weight = register_parameter("weight", at::empty({outputs, inputs}));
  bias = register_parameter("bias", at::zeros({outputs}));
  initialize(initializer, weight, inputs, outputs);
}

LayerPlan DenseLayer::plan() const {
  return {.kind = "dense",
          .title = fmt::format("Dense, {}", enum_name(activation_)),
          .sizes = {{"inputs", weight.size(1)}, {"outputs", weight.size(0)}},
          .activation = activation_,
          .tensors = {{"weight", weight}, {"bias", bias}}};
}

at::Tensor DenseLayer::run(const at::Tensor& x) {
  return activate(activation_, at::linear(x, weight, bias));
}

TiedDenseLayer::TiedDenseLayer(std::shared_ptr<DenseLayer> source, Activation activation)
    : source_(std::move(source)), activation_(activation) {
  bias_ = register_parameter("bias", at::zeros({source_->weight.size(1)}));
}

LayerPlan TiedDenseLayer::plan() const {
  return {.kind = "dense",
          .title = fmt::format("Dense (tied), {}", enum_name(activation_)),
          .sizes = {{"inputs", source_->weight.size(0)}, {"outputs", source_->weight.size(1)}},
          .activation = activation_,
          .tensors = {{"transposed_weight", source_->weight}, {"bias", bias_}}};
}

at::Tensor TiedDenseLayer::run(const at::Tensor& x) {
  return activate(activation_, at::linear(x, source_->weight.t(), bias_));
}

at::Tensor FlattenLayer::run(const at::Tensor& x) { return x.flatten(1); }

LayerPlan ReshapeLayer::plan() const {
  LayerPlan plan{.kind = "reshape", .title = "Reshape"};
  for (size_t i = 1; i < sizes_.size(); ++i) plan.sizes[fmt::format("dimension{}", i)] = sizes_[i];
  return plan;
}

at::Tensor ReshapeLayer::run(const at::Tensor& x) { return x.reshape(sizes_); }

at::Tensor UnitLengthLayer::run(const at::Tensor& x) {
  // The square of the least length, so that neither 0 nor its slope is divided by 0.
  constexpr double kLeast = 1e-24;
  return x * x.square().sum({1}, /*keepdim=*/true).clamp_min(kLeast).rsqrt();
}

LayerPlan DropoutLayer::plan() const {
  return {.kind = "dropout", .title = fmt::format("Dropout, {}", share_)};
}

at::Tensor DropoutLayer::run(const at::Tensor& x) {
  if (!is_training()) return x;
  const int64_t rows = step && step->rows.defined() ? step->rows.size(0) : 0;
  if (rows != x.size(0)) {
    throw Error("dropout: expected the {} rows of the step, found {}", rows, x.size(0));
  }
  const Shape item = x.sizes().slice(1).vec();
  const at::Tensor kept = step->random.uniform("dropout", step->rows, item).ge(share_);
  return x * kept.to(x.device(), x.scalar_type()) * (1 / (1 - share_));
}

LayerPlan ActivationLayer::plan() const {
  return {.kind = "activation",
          .title = fmt::format("Activation, {}", enum_name(activation_)),
          .activation = activation_};
}

LayerPlan LeakyReluLayer::plan() const {
  return {.kind = "leaky_relu", .title = fmt::format("Leaky ReLU, slope {}", slope_)};
}

at::Tensor LeakyReluLayer::run(const at::Tensor& x) { return at::leaky_relu(x, slope_); }

}  // namespace hourglass::models
