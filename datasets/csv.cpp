#include "datasets/csv.h"

#include "core/error.h"
#include "core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass {
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

/// A cell as an error shows it.
std::string shown(std::string_view cell) {
  constexpr size_t kLongest = 40;
  std::string text(cell.substr(0, kLongest));
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < ' ') letter = '?';
  }
  return cell.size() > kLongest ? text + "…" : text;
}

std::vector<std::string> texts_of(const Cells& cells, size_t first = 0) {
  return {cells.begin() + static_cast<std::ptrdiff_t>(first), cells.end()};
}

bool is_word(std::string_view cell) { return !cell.empty() && !parse_double(cell); }

/// What scikit-learn's files say of themselves in their first line.
struct Metadata {
  int64_t rows = 0, features = 0;
  std::vector<std::string> class_names;
};

std::optional<Metadata> parse_metadata(const Cells& cells) {
  if (cells.size() < 3) return {};
  const auto rows = parse_integer(cells[0]), features = parse_integer(cells[1]);
  const bool named = std::all_of(cells.begin() + 2, cells.end(), is_word);
  if (!rows || !features || !named) return {};
  return Metadata{*rows, *features, texts_of(cells, 2)};
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

/// Moves `lines` to the first row of values, noting what was skipped.
std::optional<Metadata> skip_preamble(CsvLines& lines, const std::string& name,
                                      const CsvOptions& options, std::vector<std::string>& notes) {
  if (options.header == Header::No) return {};
  const Cells first = lines.cells();
  CsvLines following = lines;
  const size_t width = following.next() ? following.cells().size() : 0;
  auto metadata = parse_metadata(first);
  if (metadata && static_cast<int64_t>(width) != metadata->features + 1) metadata.reset();
  if (!metadata && options.header == Header::Auto && !names_columns(first, options.label_column)) {
    return {};
  }
  if (width == 0) throw Error("{}: expected rows of numbers, found one line of names", name);
  lines = following;
  notes.push_back(
      fmt::format("{}: skipped line 1 ({}: {})", name,
                  metadata ? "number of rows, of columns, class names" : "taken for column names",
                  shown(join_text(texts_of(first), ","))));
  return metadata;
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
        refuse(row, "; if the column is no label, use --label-column none");
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
  for (const auto& key : keys) {
    labels.push_back(std::lower_bound(classes.begin(), classes.end(), key) - classes.begin());
  }
  table.labels = at::tensor(labels, at::kLong);
  for (const auto& key : classes) table.class_names.push_back(fmt::format("{}", key));
}

/// The labels of a file that gives the names of its classes: positions in the list of names.
void take_given_classes(const std::vector<int64_t>& numbers, const LabelCells& labels,
                        const std::vector<std::string>& names, CsvTable& table) {
  const auto count = static_cast<int64_t>(names.size());
  for (size_t row = 0; row < numbers.size(); ++row) {
    if (numbers[row] < 0 || numbers[row] >= count) {
      labels.refuse(row, fmt::format("; line 1 names {} classes", count));
    }
  }
  table.labels = at::tensor(numbers, at::kLong);
  table.class_names = names;
}

}  // namespace

std::string TextCodec<LabelColumn>::expects() {
  return "last, first, none or a column's number (counted from 0)";
}

std::optional<LabelColumn> TextCodec<LabelColumn>::parse(const std::string& text) {
  if (text == "last") return LabelColumn{};
  if (text == "first") return LabelColumn{LabelColumn::Kind::First};
  if (text == "none") return LabelColumn{LabelColumn::Kind::None};
  const auto index = parse_integer(text);
  if (!index || *index < 0) return {};
  return LabelColumn{LabelColumn::Kind::Index, *index};
}

std::string TextCodec<LabelColumn>::format(const LabelColumn& column) {
  switch (column.kind) {
    case LabelColumn::Kind::Last: return "last";
    case LabelColumn::Kind::First: return "first";
    case LabelColumn::Kind::None: return "none";
    case LabelColumn::Kind::Index: break;
  }
  return std::to_string(column.index);
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  CsvTable table;
  CsvLines lines(text, name);
  const auto metadata = skip_preamble(lines, name, options, table.notes);

  const size_t width = lines.cells().size();
  const auto label = label_position(options.label_column, width);
  if (label && *label >= width) {
    throw Error("{}: expected a label in column {} (counted from 0), found {} columns", name,
                *label, width);
  }
  const size_t features = width - (label ? 1 : 0);
  if (features == 0) {
    throw Error("{}: the only column is the label; use --label-column none if it is a value", name);
  }

  const int64_t rows = lines.lines_left() + 1;
  if (metadata && metadata->rows != rows) {
    throw Error("{}: expected {} rows as line 1 says, found {}", name, metadata->rows, rows);
  }
  table.values = at::empty({rows, static_cast<int64_t>(features)}, at::kFloat);
  float* value = table.values.mutable_data_ptr<float>();
  const int64_t first_line = lines.number();
  LabelCells labels(name, label.value_or(0), first_line);
  do {
    const Cells& cells = lines.cells();
    if (cells.size() != width) {
      throw Error("{}: line {}: expected {} cells as in line {}, found {}", name, lines.number(),
                  width, first_line, cells.size());
    }
    for (size_t i = 0; i < width; ++i) {
      if (i == label) {
        labels.add(cells[i]);
      } else {
        *value++ = parse_value(cells[i], name, lines.number(), i);
      }
    }
  } while (lines.next());
  if (!label) return table;

  const auto numbers = labels.whole_numbers();
  if (!numbers) {
    number_classes(labels.words(), table);
  } else if (metadata && *label == width - 1) {
    take_given_classes(*numbers, labels, metadata->class_names, table);
  } else {
    number_classes(*numbers, table);
  }
  return table;
}

}  // namespace hourglass
