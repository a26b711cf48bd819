#include "hourglass/models/layers.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace hourglass::models {

void Stack::append(const std::shared_ptr<Layer>& layer) {
  const auto same_kind = std::count_if(layers_.begin(), layers_.end(), [&](const auto& other) {
    return other->kind() == layer->kind();
  });
  register_module(fmt::format("{}{}", layer->kind(), same_kind + 1), layer);
  layers_.push_back(layer);
}

at::Tensor Stack::forward(at::Tensor x) {
  for (const auto& layer : layers_) x = layer->forward(x);
  return x;
}

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

std::string DenseLayer::title() const { return fmt::format("Dense, {}", enum_name(activation_)); }

at::Tensor DenseLayer::run(const at::Tensor& x) {
  return activate(activation_, at::linear(x, weight, bias));
}

TiedDenseLayer::TiedDenseLayer(std::shared_ptr<DenseLayer> source, Activation activation)
    : source_(std::move(source)), activation_(activation) {
  bias_ = register_parameter("bias", at::zeros({source_->weight.size(1)}));
}

std::string TiedDenseLayer::title() const {
  return fmt::format("Dense (tied), {}", enum_name(activation_));
}

at::Tensor TiedDenseLayer::run(const at::Tensor& x) {
  return activate(activation_, at::linear(x, source_->weight.t(), bias_));
}

at::Tensor FlattenLayer::run(const at::Tensor& x) { return x.flatten(1); }

ReshapeLayer::ReshapeLayer(Shape item_shape) : sizes_(std::move(item_shape)) {
  sizes_.insert(sizes_.begin(), -1);
}

at::Tensor ReshapeLayer::run(const at::Tensor& x) { return x.reshape(sizes_); }

std::string ActivationLayer::title() const {
  return fmt::format("Activation, {}", enum_name(activation_));
}

void check_widths(const std::vector<int64_t>& widths) {
  if (widths.empty()) throw UsageError("`widths`: expected at least the code's width, found none");
  for (const int64_t width : widths) {
    if (width < 1) throw UsageError("`widths`: expected at least 1 unit, found {}", width);
  }
}

int64_t element_count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::string shape_text(const Shape& shape) {
  std::vector<std::string> parts;
  for (const int64_t size : shape) parts.push_back(std::to_string(size));
  return join_text(parts, " x ");
}

}  // namespace hourglass::models
