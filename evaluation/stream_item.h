#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/formats/json.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace hourglass::evaluation {

/// The item that a model sees of a stream: the last row, or of a model of windows the last rows, one
/// after the other, scaled as any data set scales it.
class StreamItem {
 public:
  /// An item of this shape, without the batch, of rows of `width` values. Throws `Error` where the
  /// scaling does not fit the item, or rows do not fill it.
  StreamItem(const Shape& shape, int64_t width, const datasets::Scaling& scaling);

  /// Where the next row's values are written, as they are stored.
  std::span<float> row() { return row_; }

  /// The row that was written becomes the item's last one.
  void advance();

  /// Whether there have been as many rows as an item has.
  bool complete() const { return missing_ == 0; }

  /// The item: a batch of one.
  Batch batch() const;

  /// All that coming items depend on: the rows of this one.
  nlohmann::json to_json() const;

  /// Takes the rows of another one. Throws `Error` that names file and field.
  void restore(const formats::JsonFields& fields);

 private:
  at::Tensor values_;  // [1, shape…]
  datasets::TensorDataset items_;
  std::vector<float> row_;
  int64_t missing_;  // rows
};

}  // namespace hourglass::evaluation
