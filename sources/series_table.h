#pragma once

#include "hourglass/sources/csv.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

/// A CSV file whose rows are moments, as it was read: gaps and missing values are still in it.
struct SeriesTable {
  at::Tensor values;                  ///< float32 [T, C]; NaN where a cell holds no value
  std::vector<std::string> channels;  ///< C; "column 0" where the file has no names
  std::vector<std::string> times;     ///< T, as they are written; empty where no column has times
  /// T, or none: seconds since 1970 of dates, else the times themselves.
  std::vector<double> moments;
  std::vector<int64_t> lines;  ///< T: where rows begin, counted from 1
  bool dates = false;
  std::vector<std::string> notes;
};

/// Reads rows in the order of time from `text`, which `name` stands for in errors and notes. The
/// channels are the columns of these names, or numbers counted from 0; where there are none, all
/// columns but that of the times.
///
/// That is the first column of dates (see `datasets::parse_date`), or else of numbers under the name
/// time, timestamp, date or datetime. Cells that are empty, or say nan, na, n/a, null, none or
/// nothing but dashes, are missing values.
///
/// Throws `Error` with line and column for a cell that is neither a number nor missing, for times of
/// another kind than the first, for a row longer or shorter than the first, and for a column that
/// does not exist.
SeriesTable parse_series(std::string_view text, const std::string& name,
                         const std::vector<std::string>& columns, Header header = Header::Auto);

}  // namespace hourglass::sources
