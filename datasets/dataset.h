#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/datasets/item_scaling.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace hourglass::datasets {

/// Where `Dataset::write` puts a batch: the values of item i begin at pointer + i · stride. What is
/// null is not written.
struct BatchMemory {
  float* input = nullptr;
  int64_t input_stride = 0;
  float* target = nullptr;
  int64_t target_stride = 0;
  float* condition = nullptr;
  int64_t condition_stride = 0;
  int64_t* labels = nullptr;
  int64_t* rows = nullptr;  ///< their numbers, see `Batch::rows`

  /// Goes on to the place of a later item.
  void advance(int64_t items) {
    if (input) input += items * input_stride;
    if (target) target += items * target_stride;
    if (condition) condition += items * condition_stride;
    if (labels) labels += items;
    if (rows) rows += items;
  }
};

/// A set of items that is held once and handed out as batches; there are no per-item objects.
///
/// Data sets compose by decoration: a `Subset` of, `Corrupted` from, or `Paired` with another.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// Number of items.
  virtual int64_t size() const = 0;

  /// Shape of one input, and of one target, without the batch.
  virtual Shape item_shape() const = 0;
  virtual Shape target_shape() const { return item_shape(); }

  virtual bool has_labels() const = 0;

  /// Numbers in the condition of an item; 0 where there is none.
  virtual int64_t condition_width() const { return 0; }

  /// The items at `positions` (int64 [B] on the CPU, each in 0 … size()-1), on the data set's
  /// device. `epoch` (≥ 0) selects the noise of corrupted data; clean data ignores it.
  virtual Batch batch(const at::Tensor& positions, int64_t epoch = 0) const = 0;

  /// Whether the target of an item is another than its input.
  virtual bool has_targets() const { return false; }

  /// Writes what `batch` gives of the items at `positions` into plain memory, on the calling thread;
  /// data on the CPU alone. Data sets that can do it without tensors do; this one calls `batch`.
  virtual void write(std::span<const int64_t> positions, int64_t epoch,
                     const BatchMemory& to) const;

  /// The numbers of the rows at `positions`, as `batch` gives them.
  virtual at::Tensor rows_at(const at::Tensor& positions) const { return positions; }

  /// Says that `count` items from position `first` on are soon to be asked for. What reads from files
  /// begins to, and does not wait.
  virtual void expect_reading(int64_t /*first*/, int64_t /*count*/) const {}

  /// The same data set with its values on `device`.
  virtual std::shared_ptr<const Dataset> to(at::Device device) const = 0;

  /// The positions of the first `count` items (all, when there are fewer), or of all: what `batch`
  /// takes.
  at::Tensor first_positions(int64_t count) const;
  at::Tensor all_positions() const { return first_positions(size()); }
};

using DatasetPtr = std::shared_ptr<const Dataset>;

/// A data set made of another one, which answers whatever a decorator does not.
class DatasetDecorator : public Dataset {
 public:
  explicit DatasetDecorator(DatasetPtr inner) : inner_(std::move(inner)) {}

  int64_t size() const override { return inner_->size(); }
  Shape item_shape() const override { return inner_->item_shape(); }
  Shape target_shape() const override { return inner_->target_shape(); }
  bool has_labels() const override { return inner_->has_labels(); }
  int64_t condition_width() const override { return inner_->condition_width(); }
  bool has_targets() const override { return inner_->has_targets(); }
  at::Tensor rows_at(const at::Tensor& positions) const override {
    return inner_->rows_at(positions);
  }
  void expect_reading(int64_t first, int64_t count) const override {
    inner_->expect_reading(first, count);
  }

 protected:
  const Dataset& inner() const { return *inner_; }

 private:
  DatasetPtr inner_;
};

/// Values kept as they were read, bytes as bytes, and scaled on the way into a batch.
class TensorDataset final : public Dataset {
 public:
  /// `values` is uint8 or float32 [N, shape…], the values of an item beside each other; items may
  /// overlap (see `window_view`). `labels` is int64 [N], or undefined where there are none. Throws
  /// `Error` when the lengths differ or a per-feature scaling does not have one pair, or curve, a
  /// feature.
  TensorDataset(at::Tensor values, at::Tensor labels, Scaling scaling);

  int64_t size() const override;
  Shape item_shape() const override;
  bool has_labels() const override;
  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;
  DatasetPtr to(at::Device device) const override;

 private:
  at::Tensor values_, labels_;
  ItemScaling scaling_;

  void write_items(std::span<const int64_t> positions, float* out, int64_t stride) const;
  template <class Stored>
  void write_items(const Stored* values, std::span<const int64_t> positions, float* out,
                   int64_t stride) const;
};

/// Some rows of another data set, in another order: a derived class says where each is found there.
class RowsOfAnother : public DatasetDecorator {
 public:
  using DatasetDecorator::DatasetDecorator;

  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;
  at::Tensor rows_at(const at::Tensor& positions) const override;

 protected:
  /// Where the rows at `positions` are in the other data set.
  virtual void find(std::span<const int64_t> positions, int64_t* there) const = 0;
  virtual at::Tensor found(const at::Tensor& positions) const = 0;
};

/// Some rows of another data set, in the given order.
class Subset final : public RowsOfAnother {
 public:
  /// `positions` is int64 [M] on the CPU, each a position of `whole`.
  Subset(DatasetPtr whole, at::Tensor positions)
      : RowsOfAnother(std::move(whole)), positions_(std::move(positions)) {}

  int64_t size() const override { return positions_.size(0); }
  void expect_reading(int64_t first, int64_t count) const override;
  DatasetPtr to(at::Device device) const override;

 protected:
  void find(std::span<const int64_t> positions, int64_t* there) const override;
  at::Tensor found(const at::Tensor& positions) const override;

 private:
  at::Tensor positions_;
};

/// Inputs from one data set, targets from another of the same length: row i is to become row i.
class Paired final : public DatasetDecorator {
 public:
  /// Throws `Error` when the lengths differ. Labels are those of the inputs, else of the targets.
  Paired(DatasetPtr inputs, DatasetPtr targets);

  Shape target_shape() const override { return targets_->item_shape(); }
  bool has_labels() const override { return inner().has_labels() || targets_->has_labels(); }
  bool has_targets() const override { return true; }
  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;
  void expect_reading(int64_t first, int64_t count) const override;
  DatasetPtr to(at::Device device) const override;

 private:
  DatasetPtr targets_;
};

}  // namespace hourglass::datasets
