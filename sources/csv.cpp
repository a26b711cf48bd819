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
#include <functional>
#include <limits>
#include <unordered_map>

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

/// The different label cells, numbered in the order in which they come first.
class LabelCells {
 public:
  explicit LabelCells(const TableNames& names) : names_(names) {}

  /// The number of the cell.
  uint32_t add(std::string_view cell, const Place& place) {
    if (const auto known = numbers_.find(cell); known != numbers_.end()) return known->second;
    const auto number = static_cast<uint32_t>(cells_.size());
    cells_.emplace_back(cell);
    places_.push_back(place);
    numbers_.emplace(cells_.back(), number);
    const auto value = parse_double(cell);
    if (cell.empty() || (value && !std::isfinite(*value))) refuse(number, "");
    return number;
  }

  /// The labels as they are when all are whole numbers; none when one of them is a word.
  std::optional<std::vector<int64_t>> whole_numbers() const {
    if (std::any_of(cells_.begin(), cells_.end(), is_word)) return {};
    std::vector<int64_t> numbers;
    for (size_t i = 0; i < cells_.size(); ++i) {
      const double number = *parse_double(cells_[i]);
      if (number != std::floor(number) || std::abs(number) > kLargestWhole) {
        refuse(i, "; if the column is no label, use `label_column` none");
      }
      numbers.push_back(static_cast<int64_t>(number));
    }
    return numbers;
  }

  const std::vector<std::string>& words() const { return cells_; }

  [[noreturn]] void refuse(size_t number, std::string_view hint) const {
    throw Error("{}: expected a class (a whole number or a word), found '{}'{}",
                names_.place(places_[number]), shown(cells_[number]), hint);
  }

 private:
  static constexpr double kLargestWhole = 0x1p53;  // above it, a double skips whole numbers

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  const TableNames& names_;
  std::vector<std::string> cells_;
  std::vector<Place> places_;  // of each the first
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers_;
};

bool comes_before(int64_t a, int64_t b) { return a < b; }
bool comes_before(const std::string& a, const std::string& b) { return natural_less(a, b); }

/// Numbers the classes in the order of their keys, as people sort them.
template <class Key>
void number_classes(const std::vector<Key>& keys, CsvSummary& table) {
  std::vector<Key> classes = keys;
  const auto before = [](const Key& a, const Key& b) { return comes_before(a, b); };
  std::sort(classes.begin(), classes.end(), before);
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  for (const auto& key : keys) {
    table.labels.push_back(std::lower_bound(classes.begin(), classes.end(), key, before) -
                           classes.begin());
  }
  for (const auto& key : classes) table.class_names.push_back(as_name(fmt::format("{}", key)));
}

/// Fills in labels and class names; with `given_names`, the labels are positions in that list.
void classify(const LabelCells& cells, const std::vector<std::string>& given_names,
              CsvSummary& table) {
  const auto numbers = cells.whole_numbers();
  if (!numbers) return number_classes(cells.words(), table);
  if (given_names.empty()) return number_classes(*numbers, table);
  const auto count = static_cast<int64_t>(given_names.size());
  for (size_t i = 0; i < numbers->size(); ++i) {
    if ((*numbers)[i] < 0 || (*numbers)[i] >= count) {
      cells.refuse(i, fmt::format("; line 1 names {} classes", count));
    }
  }
  table.labels = *numbers;
  for (const auto& given : given_names) table.class_names.push_back(as_name(given));
}

/// Where the label is and how many features there are beside it.
struct Columns {
  size_t width = 0;
  std::optional<size_t> label;

  int64_t features() const { return static_cast<int64_t>(width - (label ? 1 : 0)); }
};

Columns columns_of(size_t width, const std::vector<std::string>& names,
                   const LabelColumn& label_column, const std::string& name) {
  const Columns columns{width, label_position(label_column, width, names, name)};
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

/// Hands all rows from the present one on to `sink`. Returns how many there are.
int64_t read_rows(CsvReader& rows, const TableNames& names, const Columns& columns,
                  LabelCells& labels, CsvSink& sink) {
  const int64_t first_line = rows.line();
  std::vector<float> values(static_cast<size_t>(columns.features()));
  int64_t count = 0;
  do {
    const Cells& cells = rows.cells();
    if (cells.size() != columns.width) {
      throw Error("{}: line {}: expected {} cells as in line {}, found {}", names.table,
                  rows.line(), columns.width, first_line, cells.size());
    }
    uint32_t label = 0;
    auto value = values.begin();
    for (size_t i = 0; i < columns.width; ++i) {
      const Place place{rows.line(), i};
      if (i == columns.label) {
        label = labels.add(cells[i], place);
      } else {
        *value++ = parse_value(cells[i], names, place);
      }
    }
    sink.take(values, label);
    ++count;
  } while (rows.next());
  return count;
}

/// Keeps a table's rows in memory.
class RowsInMemory final : public CsvSink {
 public:
  /// There are no more rows than lines.
  explicit RowsInMemory(std::string_view text)
      : most_rows_(std::count(text.begin(), text.end(), '\n') + 1) {}

  void take(std::span<const float> values, uint32_t label) override {
    if (!values_.defined()) values_ = at::empty({most_rows_, std::ssize(values)}, at::kFloat);
    std::copy(values.begin(), values.end(),
              values_.mutable_data_ptr<float>() + std::ssize(labels_) * std::ssize(values));
    labels_.push_back(label);
  }

  at::Tensor values() const {
    const int64_t rows = std::ssize(labels_);
    return rows == most_rows_ ? values_ : values_.narrow(0, 0, rows).clone();
  }

  /// By the labels of the numbered cells.
  at::Tensor labels(const std::vector<int64_t>& of_cells) const {
    at::Tensor labels = at::empty({std::ssize(labels_)}, at::kLong);
    std::transform(labels_.begin(), labels_.end(), labels.mutable_data_ptr<int64_t>(),
                   [&](uint32_t cell) { return of_cells[cell]; });
    return labels;
  }

 private:
  int64_t most_rows_;
  at::Tensor values_;
  std::vector<uint32_t> labels_;
};

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

CsvSummary stream_csv(std::string_view text, const std::string& name, const CsvOptions& options,
                      CsvSink& sink) {
  CsvSummary table;
  CsvReader rows(text, name);
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
      columns_of(rows.cells().size(), preamble.names, options.label_column, name);
  const TableNames names{name, preamble.names};
  LabelCells labels(names);
  table.rows = read_rows(rows, names, columns, labels, sink);
  table.values = columns.features();
  if (metadata && metadata->rows != table.rows) {
    throw Error("{}: expected {} rows as line 1 says, found {}", name, metadata->rows, table.rows);
  }
  table.column_names = value_names(preamble.names, columns);
  if (!columns.label) return table;
  if (!preamble.names.empty()) table.label_name = preamble.names[*columns.label];
  const bool last = *columns.label == columns.width - 1;  // the column that metadata speaks of
  classify(labels, metadata && last ? metadata->class_names : std::vector<std::string>(), table);
  return table;
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  RowsInMemory rows(text);
  CsvSummary summary = stream_csv(text, name, options, rows);
  CsvTable table{.values = rows.values(), .labels = {}};
  if (!summary.labels.empty()) table.labels = rows.labels(summary.labels);
  table.class_names = std::move(summary.class_names);
  table.column_names = std::move(summary.column_names);
  table.label_name = std::move(summary.label_name);
  table.notes = std::move(summary.notes);
  return table;
}

}  // namespace hourglass::sources
