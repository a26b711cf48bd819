#pragma once

#include "hourglass/sources/csv.h"
#include "hourglass/sources/csv_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::sources {

/// What scikit-learn's files say of themselves in their first line.
struct CsvMetadata {
  int64_t rows = 0;
  std::vector<std::string> class_names;
};

/// What stands before the rows of values.
struct CsvPreamble {
  std::optional<CsvMetadata> metadata;
  std::vector<std::string> names;  ///< of the columns, the label's included; empty: none
};

/// Moves `rows` to the first row of values, adding to `notes` what was skipped. `name` stands for the
/// file there and in errors. Throws `Error` where nothing follows a line of names.
CsvPreamble skip_preamble(CsvReader& rows, const std::string& name, const CsvOptions& options,
                          std::vector<std::string>& notes);

/// The same, and throws `Error` where a line of names has another number of cells than the row below
/// it, or where the label's column is named and no line names columns.
CsvPreamble begin_rows(CsvReader& rows, const std::string& name, const CsvOptions& options,
                       std::vector<std::string>& notes);

/// The label's position in a row of `width` cells with these names, if any; none where no column is a
/// label. Throws `Error` for a name that is not there.
std::optional<size_t> label_position(const LabelColumn& column, size_t width,
                                     const std::vector<std::string>& names,
                                     const std::string& table);

}  // namespace hourglass::sources
