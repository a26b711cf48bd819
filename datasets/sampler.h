#pragma once

#include "hourglass/datasets/dataset.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::datasets {

/// Which rows of a data set come when. The data set itself answers rows by number.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// How many positions every epoch has.
  virtual int64_t size() const = 0;

  /// Writes the positions that an epoch (counted from 1) has at `first`, `first` + 1, …, as many as
  /// `to` has room for. The same in every call; calls one after the other are the cheapest.
  virtual void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const = 0;
};

/// All rows in their own order.
class SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override;

 private:
  int64_t size_;
};

/// All rows in a random order, another one each epoch. It keeps the order of the epoch it was last
/// asked for, eight bytes a row.
class ShuffledSampler : public Sampler {
 public:
  ShuffledSampler(int64_t size, uint64_t seed) : size_(size), seed_(seed) {}
  int64_t size() const override { return size_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override;

 private:
  int64_t size_;
  uint64_t seed_;
  mutable int64_t epoch_ = 0;
  mutable at::Tensor order_;  // of that epoch
};

/// Epochs of a length of their own: each goes on in the other sampler's rows where the last one
/// stopped, which begins anew, in its next order, once all have come.
class StretchSampler : public Sampler {
 public:
  StretchSampler(std::shared_ptr<const Sampler> whole, int64_t size)
      : whole_(std::move(whole)), size_(size) {}
  int64_t size() const override { return size_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override;

 private:
  std::shared_ptr<const Sampler> whole_;
  int64_t size_;
};

/// Blocks of neighbouring rows in a random order, of which some at a time, a window, are shuffled
/// together; another order each epoch. For rows that are read from files: what a window needs is read
/// in long stretches, and a window is all that has to be in memory. It keeps the order of the blocks
/// and of one window.
class BlockSampler : public Sampler {
 public:
  /// `data`, where it is not null, is told of the next window's rows while one is in use.
  BlockSampler(int64_t size, int64_t block_rows, int64_t window_blocks, uint64_t seed,
               DatasetPtr data = nullptr);
  int64_t size() const override { return size_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override;

 private:
  int64_t size_, block_rows_, window_blocks_, blocks_;
  uint64_t seed_;
  DatasetPtr data_;
  mutable int64_t epoch_ = 0, window_ = -1;
  mutable at::Tensor blocks_of_epoch_;
  mutable int64_t window_start_ = 0;   // where the window's rows begin in the epoch
  mutable std::vector<int64_t> rows_;  // of the window, in their order

  int64_t window_of(int64_t position) const;
  int64_t start_of(int64_t window) const;
  void begin_epoch(int64_t epoch) const;
  void begin_window(int64_t window) const;
  std::span<const int64_t> blocks_of(int64_t window) const;
  int64_t rows_in(int64_t block) const;
  void expect_window(int64_t window) const;
};

/// In which order training takes its rows.
struct Shuffle {
  enum class Kind {
    Auto,    ///< Full for rows in memory, Blocks for rows that are read from files
    Full,    ///< any order
    Blocks,  ///< see `BlockSampler`
    None     ///< their own
  };
  Kind kind = Kind::Auto;
  int64_t block_rows = 256;     ///< ≥ 1, for Blocks
  int64_t window_blocks = 256;  ///< ≥ 1, for Blocks

  /// "auto", "full", "blocks:256", "blocks:256,64", "none".
  static std::string expects();
  static std::optional<Shuffle> parse(const std::string& text);
  std::string text() const;
};

/// The blocks that Auto takes for items of this shape: 256 of 256 rows, of fewer where a block would
/// have more than 65,536 values.
Shuffle blocks_for(const Shape& item_shape);

/// The sampler that `shuffle` (not Auto) names, for all rows of `data`.
std::shared_ptr<const Sampler> make_sampler(const Shuffle& shuffle, const DatasetPtr& data,
                                            uint64_t seed);

}  // namespace hourglass::datasets
