#pragma once

#include "datasets/dataset.h"

#include <string>

namespace hourglass {

/// Another data set whose batches are checked: `batch` throws an `Error` that names the row of an
/// input or target that is not a finite number. Float files (idx, npy) may hold such, and a network
/// would turn them into results that look like any other.
class FiniteRows : public Dataset {
 public:
  /// `name` stands for the data set in errors.
  FiniteRows(DatasetPtr rows, std::string name);

  int64_t size() const override { return rows_->size(); }
  Shape item_shape() const override { return rows_->item_shape(); }
  Shape target_shape() const override { return rows_->target_shape(); }
  bool has_labels() const override { return rows_->has_labels(); }
  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  DatasetPtr to(at::Device device) const override;

 private:
  DatasetPtr rows_;
  std::string name_;
};

}  // namespace hourglass
