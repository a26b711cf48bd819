#include "hourglass/sources/csv.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"
#include "hourglass/sources/csv_preamble.h"
#include "hourglass/sources/csv_reader.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass::sources {
namespace {

using Cells = CsvCells;

/// Where a cell stands, for errors.
struct Place {
  int64_t line = 0;
  size_t column = 0;
};

/// What errors in a table say of it.
struct TableNames {
  const std::string& table;
  const std::vector<std::string>& columns;  ///< empty where they have no names

  std::string place(const Place& place) const {
    const bool named = place.column < columns.size() && !columns[place.column].empty();
    return fmt::format("{}: line {}, column {}", table, place.line,
                       named ? fmt::format("'{}'", shown(columns[place.column]))
                             : fmt::format("{} (counted from 0)", place.column));
  }
};

float parse_value(std::string_view cell, const TableNames& names, const Place& place) {
  const auto number = parse_double(cell);
  if (!number || !(std::abs(*number) <= std::numeric_limits<float>::max())) {
    throw Error("{}: expected a number, found {}", names.place(place),
                cell.empty() ? "an empty cell" : fmt::format("'{}'", shown(cell)));
  }
  return static_cast<float>(*number);
}

/// The label cells of all rows.
class LabelCells {
 public:
  explicit LabelCells(const TableNames& names) : names_(names) {}

  void add(std::string_view cell, const Place& place) {
    cells_.push_back(cell);
    places_.push_back(place);
    const auto number = parse_double(cell);
    if (cell.empty() || (number && !std::isfinite(*number))) refuse(cells_.size() - 1, "");
  }

  /// The labels as they are when all are whole numbers; none when one of them is a word.
  std::optional<std::vector<int64_t>> whole_numbers() const {
    if (std::any_of(cells_.begin(), cells_.end(), is_word)) return {};
    std::vector<int64_t> numbers;
    for (size_t row = 0; row < cells_.size(); ++row) {
      const double number = *parse_double(cells_[row]);
      if (number != std::floor(number) || std::abs(number) > kLargestWhole) {
        refuse(row, "; if the column is no label, use `label_column` none");
      }
      numbers.push_back(static_cast<int64_t>(number));
    }
    return numbers;
  }

  std::vector<std::string> words() const { return texts_of(cells_); }

  [[noreturn]] void refuse(size_t row, std::string_view hint) const {
    throw Error("{}: expected a class (a whole number or a word), found '{}'{}",
                names_.place(places_[row]), shown(cells_[row]), hint);
  }

 private:
  static constexpr double kLargestWhole = 0x1p53;  // above it, a double skips whole numbers

  const TableNames& names_;
  Cells cells_;
  std::vector<Place> places_;
};

/// Numbers the classes in the order of their keys.
template <class Key>
void number_classes(const std::vector<Key>& keys, CsvTable& table) {
  std::vector<Key> classes = keys;
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  std::vector<int64_t> labels;
  labels.reserve(keys.size());
  for (const auto& key : keys) {
    labels.push_back(std::lower_bound(classes.begin(), classes.end(), key) - classes.begin());
  }
  table.labels = at::tensor(labels, at::kLong);
  for (const auto& key : classes) table.class_names.push_back(as_utf8(fmt::format("{}", key)));
}

/// Fills in labels and class names; with `given_names`, the labels are positions in that list.
void classify(const LabelCells& cells, const std::vector<std::string>& given_names,
              CsvTable& table) {
  const auto numbers = cells.whole_numbers();
  if (!numbers) return number_classes(cells.words(), table);
  if (given_names.empty()) return number_classes(*numbers, table);
  const auto count = static_cast<int64_t>(given_names.size());
  for (size_t row = 0; row < numbers->size(); ++row) {
    if ((*numbers)[row] < 0 || (*numbers)[row] >= count) {
      cells.refuse(row, fmt::format("; line 1 names {} classes", count));
    }
  }
  table.labels = at::tensor(*numbers, at::kLong);
  for (const auto& given : given_names) table.class_names.push_back(as_utf8(given));
}

/// Where the label is and how many features there are beside it.
struct Columns {
  size_t width = 0;
  std::optional<size_t> label;

  int64_t features() const { return static_cast<int64_t>(width - (label ? 1 : 0)); }
};

/// `first` is the first row of values, or the line of names where there is one.
Columns columns_of(const Cells& first, const LabelColumn& label_column, const std::string& name) {
  const Columns columns{first.size(), label_position(label_column, first, name)};
  if (columns.label && *columns.label >= columns.width) {
    throw Error("{}: expected a label in column {} (counted from 0), found {} columns", name,
                *columns.label, columns.width);
  }
  if (columns.features() == 0) {
    throw Error("{}: the only column is the label; use `label_column` none if it is a value", name);
  }
  return columns;
}

/// The names of the values; a column without one is called by its number among them.
std::vector<std::string> value_names(const std::vector<std::string>& names,
                                     const Columns& columns) {
  std::vector<std::string> of_values;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i == columns.label) continue;
    of_values.push_back(names[i].empty() ? fmt::format("column {}", of_values.size()) : names[i]);
  }
  return of_values;
}

/// Reads all rows from the present one on: numbers to `value`, which has room for them, label cells
/// to `labels`. Returns how many rows there are.
int64_t read_rows(CsvReader& rows, const TableNames& names, const Columns& columns, float* value,
                  LabelCells& labels) {
  const int64_t first_line = rows.line();
  int64_t count = 0;
  do {
    const Cells& cells = rows.cells();
    if (cells.size() != columns.width) {
      throw Error("{}: line {}: expected {} cells as in line {}, found {}", names.table,
                  rows.line(), columns.width, first_line, cells.size());
    }
    for (size_t i = 0; i < columns.width; ++i) {
      const Place place{rows.line(), i};
      if (i == columns.label) {
        labels.add(cells[i], place);
      } else {
        *value++ = parse_value(cells[i], names, place);
      }
    }
    ++count;
  } while (rows.next());
  return count;
}

}  // namespace

std::string LabelColumn::expects() {
  return "last, first, none, or a column's name or number (counted from 0)";
}

std::optional<LabelColumn> LabelColumn::parse(const std::string& text) {
  if (text == "last") return LabelColumn{};
  if (text == "first") return LabelColumn{LabelColumn::Kind::First};
  if (text == "none") return LabelColumn{LabelColumn::Kind::None};
  if (!datasets::can_name_column(text)) return {};
  if (const auto index = parse_integer(text)) return LabelColumn{LabelColumn::Kind::Index, *index};
  // Made in place: GCC 12 warns of an uninitialised value when one is moved in.
  std::optional<LabelColumn> named(std::in_place);
  named->kind = LabelColumn::Kind::Name;
  named->name = text;
  return named;
}

std::string LabelColumn::text() const {
  switch (kind) {
    case LabelColumn::Kind::Last: return "last";
    case LabelColumn::Kind::First: return "first";
    case LabelColumn::Kind::None: return "none";
    case LabelColumn::Kind::Name: return name;
    case LabelColumn::Kind::Index: break;
  }
  return std::to_string(index);
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  CsvTable table;
  CsvReader rows(text, name);
  const Cells first = rows.cells();
  const CsvPreamble preamble = skip_preamble(rows, name, options, table.notes);
  if (options.label_column.kind == LabelColumn::Kind::Name && preamble.names.empty()) {
    throw Error(
        "{}: `label_column` {}: expected a first line with the columns' names, found none: "
        "use a number, counted from 0",
        name, options.label_column.name);
  }

  if (!preamble.names.empty() && preamble.names.size() != rows.cells().size()) {
    throw Error("{}: line {}: expected {} cells, as line 1 names columns, found {}", name,
                rows.line(), preamble.names.size(), rows.cells().size());
  }
  const auto& metadata = preamble.metadata;
  const Columns columns =
      columns_of(preamble.names.empty() ? rows.cells() : first, options.label_column, name);
  const TableNames names{name, preamble.names};
  table.values = at::empty({rows.most_rows_left() + 1, columns.features()}, at::kFloat);
  LabelCells labels(names);
  const int64_t count =
      read_rows(rows, names, columns, table.values.mutable_data_ptr<float>(), labels);
  if (count < table.values.size(0)) table.values = table.values.narrow(0, 0, count).clone();
  if (metadata && metadata->rows != count) {
    throw Error("{}: expected {} rows as line 1 says, found {}", name, metadata->rows, count);
  }
  table.column_names = value_names(preamble.names, columns);
  if (!columns.label) return table;
  if (!preamble.names.empty()) table.label_name = preamble.names[*columns.label];
  const bool last = *columns.label == columns.width - 1;  // the column that metadata speaks of
  classify(labels, metadata && last ? metadata->class_names : std::vector<std::string>(), table);
  return table;
}

}  // namespace hourglass::sources
