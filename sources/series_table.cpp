#include "hourglass/sources/series_table.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"
#include "hourglass/datasets/dates.h"
#include "hourglass/sources/csv_preamble.h"
#include "hourglass/sources/csv_reader.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace hourglass::sources {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  const std::string small = in_small_letters(std::string(text));
  return std::find(words.begin(), words.end(), small) != words.end();
}

bool names_time(std::string_view name) {
  return is_one_of(name, {"time", "timestamp", "date", "datetime"});
}

bool says_nothing(std::string_view cell) {
  return cell.find_first_not_of('-') == std::string_view::npos ||
         is_one_of(cell, {"nan", "na", "n/a", "null", "none"});
}

/// Which columns of the file are what.
struct SeriesColumns {
  size_t width = 0;
  std::vector<std::string> names;  ///< of the file; empty: none
  std::optional<size_t> time;
  std::vector<size_t> channels;

  std::string text(size_t column) const {
    return column < names.size() && !names[column].empty()
               ? fmt::format("'{}'", shown(names[column]))
               : fmt::format("{} (counted from 0)", column);
  }
};

std::optional<size_t> time_column(const CsvCells& cells, const std::vector<std::string>& names) {
  for (size_t i = 0; i < cells.size(); ++i) {
    if (datasets::parse_date(cells[i])) return i;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (names_time(names[i]) && parse_double(cells[i])) return i;
  }
  return {};
}

SeriesColumns series_columns(const CsvCells& cells, std::vector<std::string> names,
                             const std::vector<std::string>& asked, const std::string& table) {
  SeriesColumns columns{
      .width = cells.size(), .names = std::move(names), .time = {}, .channels = {}};
  columns.time = time_column(cells, columns.names);
  for (const auto& column : asked) {
    columns.channels.push_back(static_cast<size_t>(datasets::column_number(
        column, columns.names, std::ssize(cells), table + ": channels of the series")));
  }
  for (size_t i = 0; asked.empty() && i < cells.size(); ++i) {
    if (i != columns.time) columns.channels.push_back(i);
  }
  if (columns.channels.empty()) {
    throw Error("{}: expected a column of values beside the times, found none", table);
  }
  return columns;
}

std::vector<std::string> channel_names(const SeriesColumns& columns) {
  std::vector<std::string> names;
  for (const size_t column : columns.channels) {
    const bool named = column < columns.names.size() && !columns.names[column].empty();
    names.push_back(named ? columns.names[column] : fmt::format("column {}", column));
  }
  return names;
}

/// Reads one row after the other into a table.
class SeriesRows {
 public:
  SeriesRows(const SeriesColumns& columns, std::string name, SeriesTable& table)
      : columns_(columns), name_(std::move(name)), table_(table) {}

  void take(const CsvCells& cells, int64_t line) {
    if (cells.size() != columns_.width) {
      throw Error("{}: line {}: expected {} cells as in line {}, found {}", name_, line,
                  columns_.width, table_.lines.empty() ? line : table_.lines.front(), cells.size());
    }
    if (columns_.time) take_time(cells[*columns_.time], line);
    for (const size_t column : columns_.channels) {
      values_.push_back(value_of(cells[column], column, line));
    }
    table_.lines.push_back(line);
  }

  at::Tensor values() const {
    return at::tensor(values_, at::kFloat)
        .view({std::ssize(table_.lines), std::ssize(columns_.channels)});
  }

 private:
  const SeriesColumns& columns_;
  std::string name_;
  SeriesTable& table_;
  std::vector<float> values_;

  [[noreturn]] void refuse(std::string_view expected, std::string_view cell, size_t column,
                           int64_t line, std::string_view hint = "") const {
    throw Error("{}: line {}, column {}: expected {}, found {}{}", name_, line,
                columns_.text(column), expected,
                cell.empty() ? "an empty cell" : fmt::format("'{}'", shown(cell)), hint);
  }

  void take_time(std::string_view cell, int64_t line) {
    const auto date = datasets::parse_date(cell);
    if (table_.lines.empty()) table_.dates = date.has_value();
    const auto moment = table_.dates ? date : parse_double(cell);
    if (!moment || !std::isfinite(*moment)) {
      refuse(table_.dates ? "a date such as 2024-05-01 12:30:00" : "a time as a number", cell,
             *columns_.time, line);
    }
    table_.times.emplace_back(cell);
    table_.moments.push_back(*moment);
  }

  float value_of(std::string_view cell, size_t column, int64_t line) const {
    if (says_nothing(cell)) return std::numeric_limits<float>::quiet_NaN();
    const auto number = parse_double(cell);
    if (!number) {
      refuse("a number", cell, column, line, "; name the columns to take: series:FILE,COLUMN,…");
    }
    if (!(std::abs(*number) <= std::numeric_limits<float>::max())) {
      refuse("a number of float32", cell, column, line);
    }
    return static_cast<float>(*number);
  }
};

}  // namespace

SeriesTable parse_series(std::string_view text, const std::string& name,
                         const std::vector<std::string>& columns, Header header) {
  SeriesTable table;
  CsvReader rows(text, name);
  CsvOptions options{.label_column = {}, .header = header};
  options.label_column.kind = LabelColumn::Kind::None;
  std::vector<std::string> notes;
  // A first line of dates and numbers names nothing, though dates are words.
  const bool values_first =
      header == Header::Auto &&
      std::any_of(rows.cells().begin(), rows.cells().end(),
                  [](std::string_view cell) { return datasets::parse_date(cell).has_value(); });
  if (values_first) options.header = Header::No;
  CsvPreamble preamble = skip_preamble(rows, name, options, notes);
  const SeriesColumns found =
      series_columns(rows.cells(), std::move(preamble.names), columns, name);
  table.channels = channel_names(found);
  // That a line of names was skipped is nothing to tell where one is expected.
  if (found.names.empty()) table.notes = std::move(notes);
  SeriesRows read(found, name, table);
  do {
    read.take(rows.cells(), rows.line());
  } while (rows.next());
  table.values = read.values();
  return table;
}

}  // namespace hourglass::sources
