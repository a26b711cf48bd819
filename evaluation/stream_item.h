#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/datasets/dataset.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>

namespace hourglass::evaluation {

/// The item that a model sees of a stream: of the last row, scaled as any data set scales it. Whoever
/// makes items of several rows, a window of the last ones, does it here.
class StreamItem {
 public:
  /// An item of this shape, without the batch. Throws `Error` where the scaling does not fit it.
  StreamItem(const Shape& shape, const datasets::Scaling& scaling);

  /// Where a row's values are written, as they are stored.
  std::span<float> row() { return row_; }

  /// The item of the row that is there: a batch of one.
  Batch batch() const;

 private:
  at::Tensor values_;  // [1, shape…]
  datasets::TensorDataset items_;
  std::span<float> row_;
};

}  // namespace hourglass::evaluation
