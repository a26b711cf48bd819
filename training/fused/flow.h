#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/kernels/matrix_product.h"

#include <cstdint>
#include <cstdlib>
#include <memory>

namespace hourglass::training::fused {

/// Zeroed memory for `count` floats, aligned to 64 bytes; copies share it.
class Floats {
 public:
  Floats() = default;
  explicit Floats(int64_t count);

  float* data() const { return memory_ ? memory_->data : nullptr; }
  explicit operator bool() const { return memory_ != nullptr; }

  /// All copies are somebody else's memory, which must stay, until they are given their own back.
  void stand_for(float* others) { memory_->data = others; }
  void stand_for_own() { memory_->data = memory_->own.get(); }
  bool are_others() const { return memory_->data != memory_->own.get(); }

 private:
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  struct Memory {
    std::unique_ptr<float, Free> own;
    float* data;
  };
  std::shared_ptr<Memory> memory_;
};

/// How the values of an item lie in memory.
enum class Order {
  Item,          ///< in the order of the item's shape
  ChannelsLast,  ///< [H, W, C] of a shape [C, H, W], with C padded to a multiple of kernels::kLanes
  Steps,  ///< a sequence [T, F]: a row of F values for each step; those of a shard are sorted by step
  SameSteps  ///< a sequence [T, F] that is the same in each step: one row of F values
};

/// What flows from one layer to the next, and the gradient that flows back: a row for each item
/// (or several, where each item has several samples of its code, or is a sequence).
struct Flow {
  Flow() = default;
  /// For batches of at most `items` items. `rows_an_item`
  /// counts samples; with `Order::Steps` each of them has T rows.
  Flow(Shape item_shape, int64_t items, Order item_order = Order::Item, int64_t rows_an_item = 1);

  /// Of what no gradient is asked for: the items themselves.
  static Flow without_gradient(Shape item_shape, int64_t items);

  Shape shape;  ///< of a row, as the model has it
  Order order = Order::Item;
  int64_t width = 0;   ///< values in a row, the padding of channels included
  int64_t stride = 0;  ///< floats from row to row: `width` and zeros up to a multiple of kLanes
  int64_t rows_per_item = 1;
  Floats values,
      gradient;  ///< [rows, stride]; what lies beyond `width` is 0 in gradients, anything in values

  float* row(int64_t item) const { return values.data() + item * rows_per_item * stride; }
  float* gradient_row(int64_t item) const {
    return gradient.data() + item * rows_per_item * stride;
  }

  /// Of all rows, however many an item has.
  float* line(int64_t number) const { return values.data() + number * stride; }
  float* gradient_line(int64_t number) const { return gradient.data() + number * stride; }
};

}  // namespace hourglass::training::fused
