#include "hourglass/datasets/mapped_dataset.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/gathered_batch.h"
#include "hourglass/datasets/stored_values.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace hourglass::datasets {
namespace {

template <class Stored>
void copy_labels(const at::Tensor& labels, std::span<const int64_t> positions, int64_t* to) {
  const auto* stored = labels.const_data_ptr<Stored>();
  std::transform(positions.begin(), positions.end(), to,
                 [&](int64_t position) { return static_cast<int64_t>(stored[position]); });
}

void copy_labels(const at::Tensor& labels, std::span<const int64_t> positions, int64_t* to) {
  if (labels.scalar_type() == at::kByte) return copy_labels<uint8_t>(labels, positions, to);
  if (labels.scalar_type() == at::kInt) return copy_labels<int32_t>(labels, positions, to);
  copy_labels<int64_t>(labels, positions, to);
}

/// A file's values may begin anywhere, a float in memory may not.
bool lies_as_floats(const char* values) {
  return reinterpret_cast<std::uintptr_t>(values) % alignof(float) == 0;
}

}  // namespace

MappedDataset::MappedDataset(MappedRowsPtr rows, at::Tensor labels, Scaling scaling)
    : rows_(std::move(rows)),
      labels_(std::move(labels)),
      scaling_(std::move(scaling), rows_->item_shape()) {
  if (labels_.defined() && labels_.size(0) != rows_->size()) {
    throw Error("expected as many labels as items, found {} labels and {} items", labels_.size(0),
                rows_->size());
  }
}

Batch MappedDataset::batch(const at::Tensor& positions, int64_t epoch) const {
  return gathered_batch(*this, positions, epoch, device_);
}

void MappedDataset::write(std::span<const int64_t> positions, int64_t /*epoch*/,
                          const BatchMemory& to) const {
  if (to.rows) std::copy(positions.begin(), positions.end(), to.rows);
  if (to.labels && has_labels()) copy_labels(labels_, positions, to.labels);
  if (to.input) write_items(positions, to.input, to.input_stride);
  if (to.target) write_items(positions, to.target, to.target_stride);
  if (to.input || to.target) rows_->note_reading(positions);
}

void MappedDataset::write_items(std::span<const int64_t> positions, float* out,
                                int64_t stride) const {
  const int64_t values = c10::multiply_integers(rows_->item_shape());
  for (const int64_t row : positions) {
    write_item(row, out);
    if (const int64_t place = first_nonfinite(out, values); place < values) {
      std::vector<float> item(static_cast<size_t>(values));
      rows_->read(row, item.data());
      throw Error("{}: expected finite numbers of float32, found {} as value {} (counted from 0)",
                  rows_->place(row), item[static_cast<size_t>(place)], place);
    }
    out += stride;
  }
}

void MappedDataset::write_item(int64_t row, float* out) const {
  if (rows_->stored_as_items() && rows_->type() == at::kByte) {
    return scaling_.apply(reinterpret_cast<const uint8_t*>(rows_->stored(row)), out);
  }
  if (rows_->stored_as_items() && rows_->type() == at::kFloat &&
      lies_as_floats(rows_->stored(row))) {
    return scaling_.apply(reinterpret_cast<const float*>(rows_->stored(row)), out);
  }
  rows_->read(row, out);
  scaling_.apply(out, out);
}

DatasetPtr MappedDataset::to(at::Device device) const {
  auto moved = std::make_shared<MappedDataset>(rows_, labels_, scaling_.scaling());
  moved->device_ = device;
  return moved;
}

}  // namespace hourglass::datasets
