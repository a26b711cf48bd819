#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/sparse_rows.h"

namespace hourglass::datasets {

/// Sparse rows, which become dense and are scaled on the way into a batch.
class SparseDataset final : public Dataset {
 public:
  /// Throws `Error` when a per-feature scaling does not have one pair, or curve, a feature.
  SparseDataset(SparseRowsPtr rows, Scaling scaling);

  int64_t size() const override { return rows_->size(); }
  Shape item_shape() const override { return rows_->item_shape(); }
  bool has_labels() const override { return false; }
  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;
  /// Batches on `device`; the rows stay where they are.
  DatasetPtr to(at::Device device) const override;

 private:
  SparseRowsPtr rows_;
  ItemScaling scaling_;
  at::Device device_ = at::kCPU;

  void write_items(std::span<const int64_t> positions, float* out, int64_t stride) const;
};

}  // namespace hourglass::datasets
