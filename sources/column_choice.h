#pragma once

#include "hourglass/datasets/table_schema.h"

#include <string>
#include <vector>

namespace hourglass::sources {

/// Which columns of a table are values, by name or number (counted from 0, as the file has them), and
/// what cannot be seen from their cells.
struct ColumnChoice {
  std::vector<std::string> columns = {};  ///< the only ones; empty: all
  std::vector<std::string> drop = {};
  std::string id_column = {};                ///< names the rows; empty: none
  std::vector<std::string> categories = {};  ///< categories, though their cells may be numbers

  bool any() const {
    return !columns.empty() || !drop.empty() || !id_column.empty() || !categories.empty();
  }
};

}  // namespace hourglass::sources
