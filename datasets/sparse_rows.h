#pragma once

#include "hourglass/core/shape.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace hourglass::datasets {

/// Rows of 0 and 1, nearly all 0, that are kept as the places of their ones (compressed sparse rows):
/// a row takes four bytes for each 1, and eight. They never change.
class SparseRows {
 public:
  /// The ones of row i are at the places `columns[offsets[i]]` … `columns[offsets[i + 1] − 1]` of its
  /// item, which ascend; `offsets` begin with 0, and are one more than there are rows. Throws `Error`
  /// where that is not so, or a place is outside the item.
  SparseRows(std::vector<int64_t> offsets, std::vector<int32_t> columns, Shape item_shape);

  int64_t size() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  const Shape& item_shape() const { return item_shape_; }
  int64_t width() const { return width_; }  ///< values of an item

  /// The ones of all rows.
  int64_t count() const { return static_cast<int64_t>(columns_.size()); }

  /// The places of a row's ones.
  std::span<const int32_t> ones(int64_t row) const;

  /// Writes the item's `width()` values.
  void write(int64_t row, float* to) const;

  /// The items of `count` rows from `first` on: float32 [count, shape…].
  at::Tensor items(int64_t first, int64_t count) const;

  /// The same rows with items of another shape of as many values.
  std::shared_ptr<const SparseRows> reshaped(const Shape& item_shape) const;

 private:
  std::vector<int64_t> offsets_;
  std::vector<int32_t> columns_;
  Shape item_shape_;
  int64_t width_;
};

using SparseRowsPtr = std::shared_ptr<const SparseRows>;

}  // namespace hourglass::datasets
