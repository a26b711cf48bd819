#pragma once

#include "hourglass/datasets/table.h"
#include "hourglass/sources/csv.h"

#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

/// A table whose columns are of several kinds, as its file has it.
struct MixedTable {
  datasets::Table table;
  CsvSummary summary;                ///< `column_names` are those of the table's columns
  at::Tensor labels;                 ///< int64 [rows], or undefined where there is no label
  std::vector<std::string> dropped;  ///< names of columns that are not looked at
};

/// Words of a category at most: each becomes a value of an item.
inline constexpr int64_t kMostCategories = 1000;

/// Reads rows of any cells as `parse_csv` reads those of numbers. What a column is follows from all of
/// its cells that are not missing (`is_missing`): numbers, true and false or yes and no, dates of
/// ISO 8601, or else categories. Where a tab or a semicolon separates cells, 1,5 is a number. Where a
/// model knows the columns, they are what it says, and in its order (`plan_columns`).
///
/// Throws `Error` with line and column for a cell that is no number or date where at least half of its
/// column are, for a column of missing cells alone, and for one of words of which nearly all differ
/// (more than half of the cells, and 20) or that are more than `kMostCategories`; and what
/// `plan_columns` and `parse_csv` throw.
MixedTable parse_mixed_table(std::string_view text, const std::string& name,
                             const CsvOptions& options);

}  // namespace hourglass::sources
