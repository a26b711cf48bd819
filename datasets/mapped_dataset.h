#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/mapped_rows.h"

namespace hourglass::datasets {

/// Rows that stay in their files, and are read, converted and scaled on the way into a batch. Nobody
/// has looked at all values before: `batch` and `write` throw `Error`, which names file, row and
/// value, for one that is NaN or infinite.
class MappedDataset final : public Dataset {
 public:
  /// `labels` is uint8, int32 or int64 [N], or undefined where there are none. Throws `Error` when
  /// the lengths differ or a per-feature scaling does not have one pair, or
  /// curve, a feature.
  MappedDataset(MappedRowsPtr rows, at::Tensor labels, Scaling scaling);

  int64_t size() const override { return rows_->size(); }
  Shape item_shape() const override { return rows_->item_shape(); }
  bool has_labels() const override { return labels_.defined(); }
  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;
  void expect_reading(int64_t first, int64_t count) const override {
    rows_->expect_reading(first, count);
  }
  /// Batches on `device`; the rows stay where they are.
  DatasetPtr to(at::Device device) const override;

 private:
  MappedRowsPtr rows_;
  at::Tensor labels_;
  ItemScaling scaling_;
  at::Device device_ = at::kCPU;

  void write_item(int64_t row, float* out) const;
  void write_items(std::span<const int64_t> positions, float* out, int64_t stride) const;
};

}  // namespace hourglass::datasets
