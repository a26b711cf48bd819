#pragma once

#include "hourglass/core/shape.h"

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hourglass::datasets {

/// Some of the rows of mapped files.
struct MappedPart {
  at::Tensor rows;   ///< [n, shape…] over the mapping, one after the other, of any alignment
  std::string name;  ///< of the file, for errors
};

/// Rows of one type and shape that lie in mapped files, and are read from there whenever they are
/// asked for. What was read stays in the system's cache, and does not stay this process's memory:
/// of that it takes some `kResidentBytes` at most, however large the files.
class MappedRows {
 public:
  static constexpr int64_t kResidentBytes = 128 << 20;

  /// The parts one after the other, at least one, of which none is empty. Items have as many values
  /// as a stored row; with `channels_last`, rows are [H, W, C] and items [C, H, W]. Throws `Error`
  /// where parts differ in type or shape.
  MappedRows(std::vector<MappedPart> parts, Shape item_shape, bool channels_last = false);

  int64_t size() const { return starts_.back(); }
  at::ScalarType type() const { return parts_.front().rows.scalar_type(); }
  const Shape& item_shape() const { return item_shape_; }
  const std::vector<MappedPart>& parts() const { return parts_; }

  /// Whether a stored row is an item as it is, in its type.
  bool stored_as_items() const { return !channels_last_; }

  /// The values of a row as they are stored.
  const char* stored(int64_t row) const;

  /// The values of an item as float32.
  void read(int64_t row, float* to) const;

  /// The same of `count` rows from `first` on: float32 [count, shape…].
  at::Tensor items(int64_t first, int64_t count) const;

  /// "x.npy: row 7", where rows of each file count from 0.
  std::string place(int64_t row) const;

  /// Is to be called after rows were read: forgets what is too much.
  void note_reading(std::span<const int64_t> rows) const;

  /// Begins to bring in the rows, see `hourglass::expect_reading`.
  void expect_reading(int64_t first, int64_t count) const;

  /// The same rows with items of another shape of as many values.
  std::shared_ptr<const MappedRows> reshaped(const Shape& item_shape) const;

 private:
  std::vector<MappedPart> parts_;
  std::vector<int64_t> starts_;  // the first row of each part, and the end of the last
  Shape item_shape_;
  int64_t values_ = 0, row_bytes_ = 0;  // of a row
  bool channels_last_;
  mutable std::atomic<int64_t> resident_ = 0;  // bytes that were read since they were forgotten

  size_t part_of(int64_t row) const;
  std::string_view bytes_of(const MappedPart& part) const;
};

using MappedRowsPtr = std::shared_ptr<const MappedRows>;

}  // namespace hourglass::datasets
