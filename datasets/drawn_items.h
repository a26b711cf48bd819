#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/core/row_random.h"
#include "hourglass/datasets/dataset.h"

#include <cstdint>
#include <span>

namespace hourglass::datasets {

/// Whether what is drawn for an item is another in each epoch or the same in all.
enum class Noise { Fresh, Once };
constexpr auto names_of(Noise) {
  return std::to_array<EnumName<Noise>>({{Noise::Fresh, "fresh"}, {Noise::Once, "once"}});
}

/// Another data set's items, changed by chance. What is drawn for an item depends on (seed, epoch,
/// row number) alone, so it does not change with batch order, batch size, engine or number of
/// processes, and there is nothing to save for resuming.
class DrawnItems : public DatasetDecorator {
 public:
  DrawnItems(DatasetPtr inner, Noise when, uint64_t seed)
      : DatasetDecorator(std::move(inner)), when_(when), seed_(seed) {}

  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;

 protected:
  /// Changes a batch. Numbers are drawn on the CPU, also for data on a GPU: they must be the same on
  /// every device.
  virtual void change(Batch& batch, const RowRandom& random) const = 0;

  /// The same of one item in plain memory: `numbers` is its row, and memory for as many numbers as it
  /// has values.
  virtual void change(const BatchMemory& item, const RowNumbers& numbers,
                      const RowRandom& random) const = 0;

  Noise when() const { return when_; }
  uint64_t seed() const { return seed_; }

 private:
  Noise when_;
  uint64_t seed_;

  RowRandom random(int64_t epoch) const {
    return RowRandom(seed_, when_ == Noise::Fresh ? epoch : 0);
  }
};

}  // namespace hourglass::datasets
