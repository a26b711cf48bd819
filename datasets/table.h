#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::datasets {

/// What the cells of a table's column are.
enum class ColumnKind { Number, Category, Boolean, Date };
constexpr auto names_of(ColumnKind) {
  return std::to_array<EnumName<ColumnKind>>({{ColumnKind::Number, "number"},
                                              {ColumnKind::Category, "category"},
                                              {ColumnKind::Boolean, "boolean"},
                                              {ColumnKind::Date, "date"}});
}

/// A column of N cells as they were read.
struct TableColumn {
  std::string name;
  ColumnKind kind = ColumnKind::Number;
  /// float64 [N], NaN where the cell is missing. A number as it is; of a category the place in
  /// `words`; of a boolean 1 for yes; of a date the seconds since 1970 that its own clock showed.
  at::Tensor values;
  std::vector<std::string> words = {};  ///< of a category: its different cells

  int64_t missing() const;  ///< how many cells are
};

/// A table whose columns are not all numbers, or have missing cells.
struct Table {
  std::vector<TableColumn> columns;
  std::string id_column = {};             ///< the name of the column that names the rows; or empty
  std::vector<std::string> row_ids = {};  ///< its cells, N of them, or none

  int64_t rows() const { return columns.front().values.size(0); }
};

/// A cell for people: "81.2", "red", "true", "2024-05-01 12:30:00", "" for a missing one.
std::string cell_text(const TableColumn& column, int64_t row);

}  // namespace hourglass::datasets
