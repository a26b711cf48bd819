#include "hourglass/datasets/sparse_dataset.h"

#include "hourglass/datasets/gathered_batch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace hourglass::datasets {

SparseDataset::SparseDataset(SparseRowsPtr rows, Scaling scaling)
    : rows_(std::move(rows)), scaling_(std::move(scaling), rows_->item_shape()) {}

Batch SparseDataset::batch(const at::Tensor& positions, int64_t epoch) const {
  return gathered_batch(*this, positions, epoch, device_);
}

void SparseDataset::write(std::span<const int64_t> positions, int64_t /*epoch*/,
                          const BatchMemory& to) const {
  if (to.rows) std::copy(positions.begin(), positions.end(), to.rows);
  if (to.input) write_items(positions, to.input, to.input_stride);
  if (to.target) write_items(positions, to.target, to.target_stride);
}

void SparseDataset::write_items(std::span<const int64_t> positions, float* out,
                                int64_t stride) const {
  const bool scaled = !scaling_.scaling().changes_nothing();
  for (const int64_t row : positions) {
    rows_->write(row, out);
    if (scaled) scaling_.apply(out, out);
    out += stride;
  }
}

DatasetPtr SparseDataset::to(at::Device device) const {
  auto moved = std::make_shared<SparseDataset>(rows_, scaling_.scaling());
  moved->device_ = device;
  return moved;
}

}  // namespace hourglass::datasets
