#include "hourglass/datasets/dataset.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <utility>

namespace hourglass::datasets {
namespace {

Shape shape_of_item(const at::Tensor& values) { return values.sizes().slice(1).vec(); }

/// One number for all features, or one a feature, shaped to broadcast over a batch of items.
at::Tensor broadcastable(const std::vector<double>& numbers, Shape item_shape) {
  if (numbers.size() == 1) item_shape.assign(item_shape.size(), 1);
  return at::tensor(numbers, at::kFloat).view(item_shape);
}

}  // namespace

at::Tensor Dataset::first_positions(int64_t count) const {
  return at::arange(std::min(count, size()), at::kLong);
}

TensorDataset::TensorDataset(at::Tensor values, at::Tensor labels, Scaling scaling)
    : values_(std::move(values)), labels_(std::move(labels)), scaling_(std::move(scaling)) {
  if (labels_.defined() && labels_.size(0) != values_.size(0)) {
    throw Error("expected one label an item, found {} labels and {} items", labels_.size(0),
                values_.size(0));
  }
  const auto features = static_cast<size_t>(c10::multiply_integers(item_shape()));
  const size_t pairs = scaling_.factor.size();
  if (scaling_.offset.size() != pairs || (pairs != 1 && pairs != features)) {
    throw Error("expected a scaling for one or for {} features, found {} offsets and {} factors",
                features, scaling_.offset.size(), pairs);
  }
  offset_ = broadcastable(scaling_.offset, item_shape()).to(values_.device());
  factor_ = broadcastable(scaling_.factor, item_shape()).to(values_.device());
}

int64_t TensorDataset::size() const { return values_.size(0); }

Shape TensorDataset::item_shape() const { return shape_of_item(values_); }

bool TensorDataset::has_labels() const { return labels_.defined(); }

Batch TensorDataset::batch(const at::Tensor& positions, int64_t /*epoch*/) const {
  const at::Tensor there = positions.to(values_.device());
  Batch batch;
  batch.input = values_.index_select(0, there).to(at::kFloat).sub_(offset_).mul_(factor_);
  batch.target = batch.input;
  if (labels_.defined()) batch.labels = labels_.index_select(0, there);
  batch.rows = positions;
  return batch;
}

DatasetPtr TensorDataset::to(at::Device device) const {
  const at::Tensor labels = labels_.defined() ? labels_.to(device) : labels_;
  return std::make_shared<TensorDataset>(values_.to(device), labels, scaling_);
}

Batch Subset::batch(const at::Tensor& positions, int64_t epoch) const {
  return inner().batch(positions_.index_select(0, positions), epoch);
}

at::Tensor Subset::rows_at(const at::Tensor& positions) const {
  return inner().rows_at(positions_.index_select(0, positions));
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

DatasetPtr Paired::to(at::Device device) const {
  return std::make_shared<Paired>(inner().to(device), targets_->to(device));
}

}  // namespace hourglass::datasets
