#include "hourglass/training/fused/flow.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>
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

// Large memory lies in pages of 2 MiB where the system has them: products walk down columns of the
// weights, and with pages of 4 KiB nearly every row is another one (a step of fashion-vae-2d: 1250
// -> 1200 µs).
constexpr size_t kPage = size_t{2} << 20;

size_t alignment_of(size_t bytes) { return bytes < kPage / 2 ? 64 : kPage; }

}  // namespace

Floats::Floats(int64_t count) {
  const size_t wanted = static_cast<size_t>(count) * sizeof(float);
  const size_t unit = alignment_of(wanted), bytes = (wanted + unit - 1) / unit * unit;
  auto* data = static_cast<float*>(std::aligned_alloc(unit, bytes));
  if (!data && bytes > 0) throw std::bad_alloc();
  if (unit == kPage) madvise(data, bytes, MADV_HUGEPAGE);
  if (bytes > 0) std::memset(data, 0, bytes);
  memory_ = std::make_shared<Memory>(Memory{std::unique_ptr<float, Free>(data), data});
}

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
