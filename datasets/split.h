#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::datasets {

/// Which rows judge the model while it trains.
struct Validation {
  enum class Kind {
    Auto,   ///< `test` for a set with an official test part, else `split:0.1`
    Test,   ///< the official test part
    Split,  ///< a seeded random fraction, stratified by class where there are labels
    Last,   ///< the last fraction, before any shuffle: see `rows_before_last`
    None
  };
  Kind kind = Kind::Auto;
  double fraction = 0;  ///< in (0, 1), for Split and Last

  /// "auto", "test", "split:0.1", "last:0.2", "none".
  static std::string expects();
  static std::optional<Validation> parse(const std::string& text);
  std::string text() const;

  /// floor((1 − fraction) · rows), which Last leaves for training.
  int64_t rows_before_last(int64_t rows) const;
};

/// Throws `Error`: of `rows` rows, `count` would be for validation, none or all.
[[noreturn]] void refuse_empty_part(const Validation& validation, int64_t rows, int64_t count);

/// Positions of the rows of each part, ascending; int64 on the CPU.
struct RowSplit {
  at::Tensor training;
  at::Tensor validation;  ///< undefined with Test and None, which take no rows away
};

/// Divides `rows` rows as `validation` (not Auto) says. With Split, every class of `labels` (int64
/// [rows], or undefined) gives its share to within one row, and `seed` decides which rows.
///
/// Throws `Error` when a part would be empty.
RowSplit split_rows(const Validation& validation, int64_t rows, const at::Tensor& labels,
                    uint64_t seed);

}  // namespace hourglass::datasets
