#pragma once

#include "hourglass/datasets/table_schema.h"
#include "hourglass/sources/csv.h"
#include "hourglass/sources/csv_reader.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

/// What a row of a stream has to hold.
struct RowForm {
  int64_t width = 0;               ///< cells
  std::vector<std::string> names;  ///< of the cells' columns; empty where they have none
  /// Of rows without a header, a cell too many that is passed over: where tables had the label.
  LabelColumn label = {LabelColumn::Kind::None};
  std::string time_column;  ///< a name, or a number from 0; empty: there is none
  /// Of a table whose columns are not all numbers, what they are.
  std::optional<datasets::TableSchema> schema = {};
};

/// Rows out of lines, each of which stands for itself: cells as in a CSV file, a JSON array, or a JSON
/// object by names. Where values have names, a line that holds them all is a header, wherever it
/// stands: from there on cells are matched by name, in any order and among others. Without names, a
/// first line of words is a header, and so is the same line again. Without a header, cells are in
/// the order of the values.
class StreamRows {
 public:
  enum class Kind { Row, Header, Blank };

  explicit StreamRows(RowForm form) : form_(std::move(form)) {}

  /// Throws `Error`, which does not name the line, for one that is neither.
  Kind take(std::string_view line);

  /// Of the row, the cells in their order. JSON numbers are written as such, null is empty.
  const std::vector<std::string>& cells() const { return cells_; }

  /// Of the row, the item's values. Throws `Error` that names the column (by name, else by number from
  /// 0) for a cell that is not what it should be: without a schema, a finite number.
  void parse(std::span<float> values) const;

  /// Of the row; empty where there is no time column.
  const std::string& time() const { return time_; }

  /// Whether it is known which cells are the values. Not behind a header that lacks some of them:
  /// then rows are errors until a header that fits.
  bool knows_columns() const { return knows_columns_; }

  /// The last header, empty where there is none: what `resume` takes.
  const std::string& header() const { return header_; }

  /// Goes on in the middle of a file whose last header was this.
  void resume(const std::string& header);

  /// The next line is the first of another file.
  void begin_file() { first_ = true; }

 private:
  RowForm form_;
  std::string header_;
  std::vector<std::string> columns_;  // the header's
  std::vector<size_t> positions_;     // of the values, among the header's columns
  std::optional<size_t> time_position_;
  bool knows_columns_ = true, first_ = true;
  std::vector<std::string> cells_;
  std::string time_;
  bool decimal_comma_ = false;  // of the row

  bool is_header(const CsvCells& cells, std::string_view line, bool first) const;
  bool holds_all_names(const CsvCells& cells) const;
  bool holds_a_name(const CsvCells& cells) const;
  void take_header(const CsvCells& cells, std::string_view line);
  void take_cells(const std::vector<std::string>& cells);
  void take_in_order(const std::vector<std::string>& cells);
  void take_object(std::string_view line);
  void take_array(std::string_view line);
};

}  // namespace hourglass::sources
