#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/split.h"

#include <functional>

namespace hourglass::datasets {

/// Some rows of another data set in their order, by a rule instead of a list: a `Subset` of hundreds
/// of millions of rows would take gigabytes.
class OrderedPart final : public RowsOfAnother {
 public:
  /// The row at a position of the part; ascends with it.
  using Rule = std::function<int64_t(int64_t position)>;

  OrderedPart(DatasetPtr whole, int64_t size, Rule rule)
      : RowsOfAnother(std::move(whole)), size_(size), rule_(std::move(rule)) {}

  int64_t size() const override { return size_; }
  void expect_reading(int64_t first, int64_t count) const override;
  DatasetPtr to(at::Device device) const override;

 protected:
  void find(std::span<const int64_t> positions, int64_t* there) const override;
  at::Tensor found(const at::Tensor& positions) const override;

 private:
  int64_t size_;
  Rule rule_;
};

/// The parts of a large data set; null where there is no validation part.
struct LargeSplit {
  DatasetPtr training, validation;
};

/// Rows of a random `split` that stay together, so that parts are read in one go.
inline constexpr int64_t kSplitRows = 256;

/// Divides `whole` as `validation` (not Auto) says, without a list of rows. With Split, the set is cut
/// into as many stretches of equal length as there are to be validation blocks of `kSplitRows` rows,
/// and `seed` draws a block of each; classes do not count. Throws `Error` when a part would be empty.
LargeSplit split_large(const DatasetPtr& whole, const Validation& validation, uint64_t seed);

}  // namespace hourglass::datasets
