#include "hourglass/training/fused/flow.h"

#include <ATen/ATen.h>

#include <utility>

namespace hourglass::training::fused {
namespace {

int64_t width_of(const Shape& shape, Order order) {
  switch (order) {
    case Order::Item: return element_count(shape);
    case Order::ChannelsLast: return shape[1] * shape[2] * kernels::padded(shape[0]);
    case Order::Steps:
    case Order::SameSteps: return shape[1];
  }
  return 0;
}

}  // namespace

Floats::Floats(int64_t count)
    : memory_(at::zeros({count}, at::kFloat)), data_(memory_.mutable_data_ptr<float>()) {}

Flow Flow::without_gradient(Shape item_shape, int64_t items) {
  Flow flow;
  flow.shape = std::move(item_shape);
  flow.width = element_count(flow.shape);
  flow.stride = kernels::padded(flow.width);
  flow.values = Floats(items * flow.stride);
  return flow;
}

Flow::Flow(Shape item_shape, int64_t items, Order item_order, int64_t rows_an_item)
    : shape(std::move(item_shape)), order(item_order), rows_per_item(rows_an_item) {
  width = width_of(shape, order);
  if (order == Order::Steps) rows_per_item *= shape[0];
  stride = kernels::padded(width);
  values = Floats(items * rows_per_item * stride);
  gradient = Floats(items * rows_per_item * stride);
}

}  // namespace hourglass::training::fused
