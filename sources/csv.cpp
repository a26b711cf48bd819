#include "hourglass/sources/csv.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace hourglass::sources {
namespace {

using Cells = std::vector<std::string_view>;

std::string_view without_padding(std::string_view text) {
  const size_t first = text.find_first_not_of(" \r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

/// Where the cell at the start of `line` ends: a separator within quotes does not end it.
size_t cell_end(std::string_view line, char separator) {
  const size_t first = line.find_first_not_of(' ');
  const bool quoted = first != std::string_view::npos && line[first] == '"';
  return line.find(separator, quoted ? line.find('"', first + 1) : 0);
}

void split_cells(std::string_view line, char separator, Cells& cells) {
  cells.clear();
  for (;;) {
    const size_t end = cell_end(line, separator);
    std::string_view cell = without_padding(line.substr(0, end));
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') {
      cell = without_padding(cell.substr(1, cell.size() - 2));
    }
    cells.push_back(cell);
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

/// The lines of a text, one at a time, split into cells.
class CsvLines {
 public:
  /// Stands on the first line. Throws `Error` when there is none.
  CsvLines(std::string_view text, const std::string& name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // UTF-8 byte order mark
    const size_t last = text.find_last_not_of(" \r\n");
    if (last == std::string_view::npos) {
      throw Error("{}: expected rows of numbers, found an empty file", name);
    }
    rest_ = text.substr(0, last + 1);
    const std::string_view first_line = rest_.substr(0, rest_.find('\n'));
    // Commas last: as decimal or thousands marks they occur within the cells of the others.
    for (const char separator : {'\t', ';', ','}) {
      separator_ = separator;
      split_cells(first_line, separator, cells_);
      if (cells_.size() > 1) break;
    }
    next();
  }

  const Cells& cells() const { return cells_; }
  int64_t number() const { return number_; }
  int64_t lines_left() const {
    return done_ ? 0 : std::count(rest_.begin(), rest_.end(), '\n') + 1;
  }

  /// Moves on to the next line; false when there is none.
  bool next() {
    if (done_) return false;
    const size_t end = rest_.find('\n');
    split_cells(rest_.substr(0, end), separator_, cells_);
    done_ = end == std::string_view::npos;
    if (!done_) rest_.remove_prefix(end + 1);
    ++number_;
    return true;
  }

 private:
  std::string_view rest_;
  Cells cells_;
  char separator_ = ',';
  int64_t number_ = 0;
  bool done_ = false;
};

/// The text with a mark in place of every byte that is not UTF-8: neither JSON nor a terminal takes
/// such bytes.
std::string as_utf8(std::string text) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  return nlohmann::json::parse(nlohmann::json(std::move(text)).dump(-1, ' ', false, replace));
}

/// A cell as an error or a note shows it.
std::string shown(std::string_view cell) {
  constexpr size_t kLongest = 40;
  std::string text(cell.substr(0, kLongest));
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < ' ') letter = '?';
  }
  return as_utf8(std::move(text)) + (cell.size() > kLongest ? "…" : "");
}

std::vector<std::string> texts_of(const Cells& cells, size_t first = 0) {
  return {cells.begin() + static_cast<std::ptrdiff_t>(first), cells.end()};
}

bool is_word(std::string_view cell) { return !cell.empty() && !parse_double(cell); }

/// What scikit-learn's files say of themselves in their first line.
struct Metadata {
  int64_t rows = 0;
  std::vector<std::string> class_names;
};

/// None where `first`, with `second` on the next line, is a row of values or names columns.
std::optional<Metadata> parse_metadata(const Cells& first, const Cells& second) {
  if (first.size() < 3) return {};
  const auto rows = parse_integer(first[0]), features = parse_integer(first[1]);
  const bool named = std::all_of(first.begin() + 2, first.end(), is_word);
  if (!rows || !features || !named) return {};
  // The rows of such a file end in the number of a class.
  const bool announced = static_cast<int64_t>(second.size()) == *features + 1;
  if (!announced || is_word(second.back())) return {};
  return Metadata{*rows, texts_of(first, 2)};
}

/// The label's position in a row of `width` cells; none where no column is a label.
std::optional<size_t> label_position(const LabelColumn& column, size_t width) {
  switch (column.kind) {
    case LabelColumn::Kind::First: return 0;
    case LabelColumn::Kind::Last: return width - 1;
    case LabelColumn::Kind::Index: return static_cast<size_t>(column.index);
    case LabelColumn::Kind::None: break;
  }
  return {};
}

/// Whether a line holds a word where numbers belong.
bool names_columns(const Cells& cells, const LabelColumn& label_column) {
  const auto label = label_position(label_column, cells.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i != label && is_word(cells[i])) return true;
  }
  return false;
}

/// What stands before the rows of values.
struct Preamble {
  std::optional<Metadata> metadata;
  std::vector<std::string> names;  ///< of the columns; empty where there are none
};

/// Moves `lines` to the first row of values, noting what was skipped.
Preamble skip_preamble(CsvLines& lines, const std::string& name, const CsvOptions& options,
                       std::vector<std::string>& notes) {
  if (options.header == Header::No) return {};
  const Cells first = lines.cells();
  CsvLines following = lines;
  const bool more = following.next();
  auto metadata = more ? parse_metadata(first, following.cells()) : std::nullopt;
  const bool skip =
      metadata || options.header == Header::Yes || names_columns(first, options.label_column);
  if (!skip) return {};
  if (!more) throw Error("{}: expected rows of numbers, found one line of names", name);
  lines = following;
  std::vector<std::string> names;
  if (!metadata) names = texts_of(first);
  notes.push_back(
      fmt::format("{}: skipped line 1 ({}: {})", name,
                  metadata ? "number of rows, of columns, class names" : "taken for column names",
                  shown(join_text(texts_of(first), ","))));
  return {std::move(metadata), std::move(names)};
}

float parse_value(std::string_view cell, const std::string& name, int64_t line, size_t position) {
  const auto number = parse_double(cell);
  if (!number || !(std::abs(*number) <= std::numeric_limits<float>::max())) {
    throw Error("{}: line {}, column {}: expected a number, found {}", name, line, position + 1,
                cell.empty() ? "an empty cell" : fmt::format("'{}'", shown(cell)));
  }
  return static_cast<float>(*number);
}

/// The label cells of all rows.
class LabelCells {
 public:
  LabelCells(const std::string& name, size_t position, int64_t first_line)
      : name_(name), position_(position), first_line_(first_line) {}

  void add(std::string_view cell) {
    cells_.push_back(cell);
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
    throw Error("{}: line {}, column {}: expected a class (a whole number or a word), found '{}'{}",
                name_, first_line_ + static_cast<int64_t>(row), position_ + 1, shown(cells_[row]),
                hint);
  }

 private:
  static constexpr double kLargestWhole = 0x1p53;  // above it, a double skips whole numbers

  const std::string& name_;
  size_t position_;
  int64_t first_line_;
  Cells cells_;
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

Columns columns_of(const Cells& cells, const LabelColumn& label_column, const std::string& name) {
  const Columns columns{cells.size(), label_position(label_column, cells.size())};
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
  if (names.size() != columns.width) return of_values;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i == columns.label) continue;
    of_values.push_back(names[i].empty() ? fmt::format("column {}", of_values.size())
                                         : as_utf8(names[i]));
  }
  return of_values;
}

/// Reads all rows from the present line on: numbers to `value`, which has room for them, label
/// cells to `labels`.
void read_rows(CsvLines& lines, const std::string& name, const Columns& columns, float* value,
               LabelCells& labels) {
  const int64_t first_line = lines.number();
  do {
    const Cells& cells = lines.cells();
    if (cells.size() != columns.width) {
      throw Error("{}: line {}: expected {} cells as in line {}, found {}", name, lines.number(),
                  columns.width, first_line, cells.size());
    }
    for (size_t i = 0; i < columns.width; ++i) {
      if (i == columns.label) {
        labels.add(cells[i]);
      } else {
        *value++ = parse_value(cells[i], name, lines.number(), i);
      }
    }
  } while (lines.next());
}

}  // namespace

std::string LabelColumn::expects() {
  return "last, first, none or a column's number (counted from 0)";
}

std::optional<LabelColumn> LabelColumn::parse(const std::string& text) {
  if (text == "last") return LabelColumn{};
  if (text == "first") return LabelColumn{LabelColumn::Kind::First};
  if (text == "none") return LabelColumn{LabelColumn::Kind::None};
  const auto index = parse_integer(text);
  if (!index || *index < 0) return {};
  return LabelColumn{LabelColumn::Kind::Index, *index};
}

std::string LabelColumn::text() const {
  switch (kind) {
    case LabelColumn::Kind::Last: return "last";
    case LabelColumn::Kind::First: return "first";
    case LabelColumn::Kind::None: return "none";
    case LabelColumn::Kind::Index: break;
  }
  return std::to_string(index);
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  CsvTable table;
  CsvLines lines(text, name);
  const auto [metadata, names] = skip_preamble(lines, name, options, table.notes);

  const Columns columns = columns_of(lines.cells(), options.label_column, name);
  const int64_t rows = lines.lines_left() + 1;
  if (metadata && metadata->rows != rows) {
    throw Error("{}: expected {} rows as line 1 says, found {}", name, metadata->rows, rows);
  }

  table.values = at::empty({rows, columns.features()}, at::kFloat);
  LabelCells labels(name, columns.label.value_or(0), lines.number());
  read_rows(lines, name, columns, table.values.mutable_data_ptr<float>(), labels);
  table.column_names = value_names(names, columns);
  if (!columns.label) return table;
  const bool last = *columns.label == columns.width - 1;  // the column that metadata speaks of
  classify(labels, metadata && last ? metadata->class_names : std::vector<std::string>(), table);
  return table;
}

}  // namespace hourglass::sources
