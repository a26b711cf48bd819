#include "hourglass/training/fused/dense_layer.h"

#include <algorithm>
#include <utility>

namespace hourglass::training::fused {
namespace {

using kernels::Into;
using kernels::Left;

/// The number of a parameter of a layer, under the name that the model has for it.
size_t number_of(Parameters& parameters, const models::NamedLayerPlan& entry,
                 const std::string& tensor, std::vector<int64_t> order) {
  return parameters.add(entry.name + "." + tensor, entry.layer.tensors.at(tensor),
                        std::move(order));
}

/// A row for each of the input's: the time steps of a sequence are computed alike.
Flow output_flow(const Flow& input, int64_t outputs, int64_t most_items) {
  if (input.order == Order::Steps) return {{input.shape[0], outputs}, most_items, Order::Steps};
  return {{outputs}, most_items, Order::Item, input.rows_per_item};
}

}  // namespace

DenseLayer::DenseLayer(const models::NamedLayerPlan& entry, Flow& input, const Step& step,
                       Parameters& parameters, Adds adds)
    : input_(input),
      step_(step),
      parameters_(parameters),
      adds_(adds),
      inputs_(entry.layer.sizes.at("inputs")),
      outputs_(entry.layer.sizes.at("outputs")),
      activation_(entry.layer.activation),
      tied_(entry.layer.tensors.contains("transposed_weight")),
      weight_(number_of(parameters, entry, tied_ ? "transposed_weight" : "weight", {1, 0})),
      bias_(number_of(parameters, entry, "bias", {0})),
      output_(output_flow(input, outputs_, step.most_items)) {
  const int64_t rows = step.most_items * output_.rows_per_item;
  if (!kernels::slope_follows_from_value(activation_)) slopes_ = Floats(rows * output_.stride);
  if (tied_) {
    other_weight_ = Floats(inputs_ * kernels::padded(outputs_));
  } else if (input.gradient) {
    other_weight_ = Floats(outputs_ * kernels::padded(inputs_));
  }
}

void DenseLayer::add_forward(Program& program) {
  program.each([this](const Shard& shard) { forward(shard); });
}

void DenseLayer::add_backward(Program& program) {
  program.each([this](const Shard& shard) { backward(shard); });
}

// A thread that had only its shard's rows would read and write all of the weight's gradient for half of the products, and
// somebody would have to add the gradients up.
void DenseLayer::add_weight_gradients(Program& program) {
  program.each([this](const Shard& shard) {
    bias_gradient(shard.index, step_.shards);
    weight_gradient(shard.index, step_.shards);
  });
}

void DenseLayer::add_refresh(Program& program) {
  if (!other_weight_) return;
  program.each([this](const Shard& shard) { refresh(shard.index, step_.shards); });
}

std::optional<size_t> DenseLayer::leave_bias_to_loss() {
  if (activation_ != kernels::Activation::Linear) return {};
  with_bias_ = false;
  return bias_;
}

kernels::RowsOf DenseLayer::forward_weight() const {
  if (tied_) return {other_weight_.data(), kernels::padded(outputs_)};
  return {parameters_.values(weight_), kernels::padded(outputs_)};
}

kernels::RowsOf DenseLayer::backward_weight() const {
  if (tied_) return {parameters_.values(weight_), kernels::padded(inputs_)};
  return {other_weight_.data(), kernels::padded(inputs_)};
}

kernels::Area DenseLayer::area(const Shard& shard) const {
  return {shard.count * output_.rows_per_item, outputs_};
}

int64_t DenseLayer::all_rows() const { return step_.items * output_.rows_per_item; }

float* DenseLayer::slopes(const Shard& shard) const {
  return slopes_ ? slopes_.data() + shard.first * output_.rows_per_item * output_.stride : nullptr;
}

void DenseLayer::forward(const Shard& shard) {
  const auto [rows, columns] = area(shard);
  const kernels::MutableRowsOf y = {output_.row(shard.first), output_.stride};
  // What a caller gives comes from anywhere; what a layer gives was just written.
  kernels::multiply(
      {rows, columns, inputs_},
      {input_.row(shard.first), input_.stride, Left::Rows, input_.values.are_others()},
      forward_weight(), y);
  if (!with_bias_) return;
  kernels::add_bias_and_activate(activation_, area(shard), parameters_.values(bias_), y,
                                 slopes(shard));
}

void DenseLayer::backward(const Shard& shard) {
  const auto [rows, columns] = area(shard);
  const kernels::MutableRowsOf gradient = {output_.gradient_row(shard.first), output_.stride};
  kernels::multiply_by_slopes(activation_, area(shard), {output_.row(shard.first), output_.stride},
                              slopes(shard), gradient);
  if (!input_.gradient) return;
  kernels::multiply({rows, inputs_, columns}, {gradient.data, gradient.stride, Left::Rows},
                    backward_weight(), {input_.gradient_row(shard.first), input_.stride},
                    adds_.to_input ? Into::Add : Into::Overwrite);
}

void DenseLayer::weight_gradient(int part, int parts) {
  const Parameter& weight = parameters_.at(weight_);
  const MatrixPart own = part_of(weight, part, parts);
  if (own.rows == 0 || own.columns == 0) return;
  const kernels::RowsOf input = {input_.row(0), input_.stride};
  const kernels::RowsOf gradient = {output_.gradient_row(0), output_.stride};
  // [I, O] = inputᵀ · gradient; of the tied one [O, I] = gradientᵀ · input
  const auto& [left, right] = tied_ ? std::pair(gradient, input) : std::pair(input, gradient);
  float* result = parameters_.gradient(weight_, 0) + own.first_row * weight.stride;
  kernels::multiply(
      {own.rows, own.columns, all_rows()}, {left.data + own.first_row, left.stride, Left::Columns},
      {right.data + own.first_column, right.stride}, {result + own.first_column, weight.stride},
      adds_.to_weight ? Into::Add : Into::Overwrite);
  // What lies beyond the values of an input may be anything, and a product takes whole lines.
  if (!tied_ || own.first_column + own.columns < weight.columns) return;
  for (int64_t i = 0; i < own.rows; ++i, result += weight.stride) {
    std::fill(result + weight.columns, result + weight.stride, 0.0F);
  }
}

void DenseLayer::bias_gradient(int part, int parts) {
  const MatrixPart own = part_of(parameters_.at(bias_), part, parts);
  if (own.columns == 0) return;
  kernels::sum_columns({all_rows(), own.columns},
                       {output_.gradient_row(0) + own.first_column, output_.stride},
                       parameters_.gradient(bias_, 0) + own.first_column);
}

void DenseLayer::refresh(int part, int parts) {
  const Parameter& weight = parameters_.at(weight_);
  const auto [first, count] = lines_of(weight.rows, part, parts);
  const int64_t stride = kernels::padded(weight.rows);
  kernels::transpose({count, weight.columns},
                     {parameters_.values(weight_) + first * weight.stride, weight.stride},
                     {other_weight_.data() + first, stride});
}

}  // namespace hourglass::training::fused
