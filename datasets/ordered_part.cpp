#include "hourglass/datasets/ordered_part.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace hourglass::datasets {
namespace {

/// Which blocks of a set are for validation: one of each of `taken` stretches of equal length.
struct BlockSplit {
  int64_t rows, taken;
  uint64_t seed;

  int64_t blocks() const { return rows / kSplitRows; }  // the rows behind the last are for training

  /// The first block of a stretch.
  int64_t begin(int64_t stretch) const { return stretch * blocks() / taken; }

  /// The block that is taken of a stretch.
  int64_t block(int64_t stretch) const {
    const int64_t first = begin(stretch), length = begin(stretch + 1) - first;
    const auto words = philox(seed, 0, static_cast<uint64_t>(stretch));
    const uint64_t word = uint64_t{words[0]} << 32 | words[1];
    return first + static_cast<int64_t>(word % static_cast<uint64_t>(length));
  }

  int64_t validation_row(int64_t position) const {
    return block(position / kSplitRows) * kSplitRows + position % kSplitRows;
  }

  int64_t training_row(int64_t position) const {
    const int64_t wanted = position / kSplitRows;  // counted in blocks for training
    if (wanted >= blocks() - taken) return position + taken * kSplitRows;
    // Before stretch s there are begin(s) − s blocks for training.
    int64_t low = 0, high = taken;
    while (high - low > 1) {
      const int64_t middle = low + (high - low) / 2;
      (begin(middle) - middle <= wanted ? low : high) = middle;
    }
    int64_t found = begin(low) + wanted - (begin(low) - low);
    if (found >= block(low)) ++found;
    return found * kSplitRows + position % kSplitRows;
  }
};

LargeSplit last_rows(const DatasetPtr& whole, const Validation& validation) {
  const int64_t rows = whole->size();
  const int64_t training = validation.rows_before_last(rows);
  if (training == 0 || training == rows) refuse_empty_part(validation, rows, rows - training);
  return {std::make_shared<OrderedPart>(whole, training, [](int64_t position) { return position; }),
          std::make_shared<OrderedPart>(whole, rows - training, [training](int64_t position) {
            return training + position;
          })};
}

LargeSplit random_blocks(const DatasetPtr& whole, const Validation& validation, uint64_t seed) {
  const int64_t rows = whole->size();
  BlockSplit split{.rows = rows, .taken = 0, .seed = seed};
  split.taken = std::llround(validation.fraction * static_cast<double>(split.blocks()));
  const int64_t count = split.taken * kSplitRows;
  if (count == 0 || count == rows) refuse_empty_part(validation, rows, count);
  return {
      std::make_shared<OrderedPart>(
          whole, rows - count, [split](int64_t position) { return split.training_row(position); }),
      std::make_shared<OrderedPart>(
          whole, count, [split](int64_t position) { return split.validation_row(position); })};
}

}  // namespace

void OrderedPart::find(std::span<const int64_t> positions, int64_t* there) const {
  std::transform(positions.begin(), positions.end(), there, rule_);
}

at::Tensor OrderedPart::found(const at::Tensor& positions) const {
  const at::Tensor listed = positions.contiguous();
  at::Tensor there = at::empty_like(listed);
  find({listed.const_data_ptr<int64_t>(), static_cast<size_t>(listed.numel())},
       there.mutable_data_ptr<int64_t>());
  return there;
}

void OrderedPart::expect_reading(int64_t first, int64_t count) const {
  const int64_t begin = rule_(first);
  inner().expect_reading(begin, rule_(first + count - 1) + 1 - begin);
}

DatasetPtr OrderedPart::to(at::Device device) const {
  return std::make_shared<OrderedPart>(inner().to(device), size_, rule_);
}

LargeSplit split_large(const DatasetPtr& whole, const Validation& validation, uint64_t seed) {
  switch (validation.kind) {
    case Validation::Kind::Split: return random_blocks(whole, validation, seed);
    case Validation::Kind::Last: return last_rows(whole, validation);
    default: return {whole, nullptr};
  }
}

}  // namespace hourglass::datasets
