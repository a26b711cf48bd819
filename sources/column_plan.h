#pragma once

#include "hourglass/sources/csv.h"
#include "hourglass/sources/csv_labels.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::sources {

/// What each column of a file is for.
struct ColumnPlan {
  CsvColumns columns;          ///< how many there are, and the label
  std::optional<size_t> id;    ///< names the rows
  std::vector<size_t> values;  ///< where the values are, in the order of a model that knows them
  std::vector<std::string> names;       ///< of the values: "column 3" where the file has none
  std::vector<std::string> dropped;     ///< names of those that are not looked at
  std::vector<std::string> categories;  ///< names of those that are categories by the choice

  bool chooses_category(const std::string& name) const {
    return std::find(categories.begin(), categories.end(), name) != categories.end();
  }
};

/// The plan for a file whose columns have these names (as many as `width`, or none): the choice of the
/// options, and, where a model knows the columns, those that it knows: by name where both have names,
/// in any order, else by place. Throws `Error` for columns that are not there, for one that a model
/// lacks or does not know, and where no value is left; `table` stands for the file.
ColumnPlan plan_columns(size_t width, const std::vector<std::string>& names,
                        const CsvOptions& options, const std::string& table);

/// Options whose label is that of a file with these columns, where it is to be the last one and a model
/// knows the columns: the column of the name that training's label had, and none where the last is a
/// value, or there are no more columns than values.
CsvOptions with_known_label(CsvOptions options, size_t width,
                            const std::vector<std::string>& names);

}  // namespace hourglass::sources
