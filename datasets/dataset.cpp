#include "hourglass/datasets/dataset.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <array>
#include <utility>

namespace hourglass::datasets {
namespace {

constexpr size_t kRowsAhead = 2;

/// Asks for memory that is soon to be read.
template <class Stored>
void fetch(const Stored* values, int64_t count) {
  constexpr int64_t kValuesInACacheLine = 64 / sizeof(Stored);
  for (int64_t i = 0; i < count; i += kValuesInACacheLine) __builtin_prefetch(values + i);
}

Shape shape_of_item(const at::Tensor& values) { return values.sizes().slice(1).vec(); }

/// The values on another device. Items that overlap share their memory there, too.
at::Tensor moved(const at::Tensor& values, at::Device device) {
  if (values.is_contiguous() || values.numel() == 0) return values.to(device);
  int64_t span = 1;
  for (int64_t i = 0; i < values.dim(); ++i) span += (values.size(i) - 1) * values.stride(i);
  return values.as_strided({span}, {1}).to(device).as_strided(values.sizes(), values.strides());
}

}  // namespace

at::Tensor Dataset::first_positions(int64_t count) const {
  return at::arange(std::min(count, size()), at::kLong);
}

void Dataset::write(std::span<const int64_t> positions, int64_t epoch,
                    const BatchMemory& to) const {
  const Batch items =
      batch(at::tensor(c10::IntArrayRef(positions.data(), positions.size())), epoch);
  const auto copy = [&](const at::Tensor& values, float* out, int64_t stride) {
    if (!out) return;
    const at::Tensor flat = values.flatten(1);  // [B, values of an item]
    at::from_blob(out, flat.sizes(), {stride, 1}, at::kFloat).copy_(flat);
  };
  copy(items.input, to.input, to.input_stride);
  copy(items.target, to.target, to.target_stride);
  copy(items.condition, to.condition, to.condition_stride);
  const auto copy_numbers = [&](const at::Tensor& numbers, int64_t* out) {
    if (out) std::copy_n(numbers.contiguous().const_data_ptr<int64_t>(), positions.size(), out);
  };
  copy_numbers(items.labels, to.labels);
  copy_numbers(items.rows, to.rows);
}

TensorDataset::TensorDataset(at::Tensor values, at::Tensor labels, Scaling scaling)
    : values_(std::move(values)),
      labels_(std::move(labels)),
      scaling_(std::move(scaling), shape_of_item(values_), values_.device()) {
  if (labels_.defined() && labels_.size(0) != values_.size(0)) {
    throw Error("expected one label an item, found {} labels and {} items", labels_.size(0),
                values_.size(0));
  }
}

int64_t TensorDataset::size() const { return values_.size(0); }

Shape TensorDataset::item_shape() const { return shape_of_item(values_); }

bool TensorDataset::has_labels() const { return labels_.defined(); }

Batch TensorDataset::batch(const at::Tensor& positions, int64_t /*epoch*/) const {
  const at::Tensor there = positions.to(values_.device());
  Batch batch;
  batch.input = scaling_.apply(values_.index_select(0, there));
  batch.target = batch.input;
  if (labels_.defined()) batch.labels = labels_.index_select(0, there);
  batch.rows = positions;
  return batch;
}

void TensorDataset::write(std::span<const int64_t> positions, int64_t /*epoch*/,
                          const BatchMemory& to) const {
  if (to.rows) std::copy(positions.begin(), positions.end(), to.rows);
  if (to.labels) {
    const auto* labels = labels_.const_data_ptr<int64_t>();
    std::transform(positions.begin(), positions.end(), to.labels,
                   [&](int64_t position) { return labels[position]; });
  }
  if (to.input) write_items(positions, to.input, to.input_stride);
  if (to.target) write_items(positions, to.target, to.target_stride);
}

void TensorDataset::write_items(std::span<const int64_t> positions, float* out,
                                int64_t stride) const {
  if (values_.scalar_type() == at::kByte) {
    write_items(values_.const_data_ptr<uint8_t>(), positions, out, stride);
  } else {
    write_items(values_.const_data_ptr<float>(), positions, out, stride);
  }
}

template <class Stored>
void TensorDataset::write_items(const Stored* values, std::span<const int64_t> positions,
                                float* out, int64_t stride) const {
  const int64_t count = c10::multiply_integers(item_shape());
  const int64_t apart = values_.stride(0);  // less than `count` where items overlap
  for (size_t i = 0; i < positions.size(); ++i) {
    const Stored* item = values + positions[i] * apart;
    // Shuffled rows lie anywhere, and waiting for each takes longer than converting it.
    if (i + kRowsAhead < positions.size()) fetch(values + positions[i + kRowsAhead] * apart, count);
    scaling_.apply(item, out);
    out += stride;
  }
}

DatasetPtr TensorDataset::to(at::Device device) const {
  const at::Tensor labels = labels_.defined() ? labels_.to(device) : labels_;
  return std::make_shared<TensorDataset>(moved(values_, device), labels, scaling_.scaling());
}

Batch RowsOfAnother::batch(const at::Tensor& positions, int64_t epoch) const {
  return inner().batch(found(positions), epoch);
}

void RowsOfAnother::write(std::span<const int64_t> positions, int64_t epoch,
                          const BatchMemory& to) const {
  // A few at a time, so that no call allocates memory.
  std::array<int64_t, 64> there;
  BatchMemory part = to;
  for (size_t first = 0; first < positions.size(); first += there.size()) {
    const auto some = positions.subspan(first, std::min(there.size(), positions.size() - first));
    find(some, there.data());
    inner().write(std::span(there).first(some.size()), epoch, part);
    part.advance(static_cast<int64_t>(some.size()));
  }
}

at::Tensor RowsOfAnother::rows_at(const at::Tensor& positions) const {
  return inner().rows_at(found(positions));
}

void Subset::find(std::span<const int64_t> positions, int64_t* there) const {
  const auto* all = positions_.const_data_ptr<int64_t>();
  std::transform(positions.begin(), positions.end(), there,
                 [&](int64_t position) { return all[position]; });
}

at::Tensor Subset::found(const at::Tensor& positions) const {
  return positions_.index_select(0, positions);
}

void Subset::expect_reading(int64_t first, int64_t count) const {
  // Neighbours here are neighbours there, as far as it is worth knowing: lists ascend.
  const auto* all = positions_.const_data_ptr<int64_t>();
  const int64_t begin = all[first], end = all[first + count - 1] + 1;
  if (end > begin) inner().expect_reading(begin, end - begin);
}

DatasetPtr Subset::to(at::Device device) const {
  return std::make_shared<Subset>(inner().to(device), positions_);
}

Paired::Paired(DatasetPtr inputs, DatasetPtr targets)
    : DatasetDecorator(std::move(inputs)), targets_(std::move(targets)) {
  if (inner().size() != targets_->size()) {
    throw Error("expected as many targets as inputs, found {} inputs and {} targets",
                inner().size(), targets_->size());
  }
}

Batch Paired::batch(const at::Tensor& positions, int64_t epoch) const {
  Batch batch = inner().batch(positions, epoch);
  const Batch targets = targets_->batch(positions, epoch);
  batch.target = targets.input;
  if (!batch.labels.defined()) batch.labels = targets.labels;
  return batch;
}

void Paired::write(std::span<const int64_t> positions, int64_t epoch, const BatchMemory& to) const {
  BatchMemory inputs = to, targets = {.input = to.target, .input_stride = to.target_stride};
  inputs.target = nullptr;
  if (!inner().has_labels()) std::swap(inputs.labels, targets.labels);
  inner().write(positions, epoch, inputs);
  targets_->write(positions, epoch, targets);
}

void Paired::expect_reading(int64_t first, int64_t count) const {
  inner().expect_reading(first, count);
  targets_->expect_reading(first, count);
}

DatasetPtr Paired::to(at::Device device) const {
  return std::make_shared<Paired>(inner().to(device), targets_->to(device));
}

}  // namespace hourglass::datasets
