#include "hourglass/sources/choose_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"
#include "hourglass/datasets/row_numbers.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/table_cells.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace hourglass::sources {
namespace {

constexpr const char* kLabel = "label";
constexpr const char* kRow = "row";
constexpr std::string_view kColumn = "column";

/// Which of the values, [N], fulfil the comparison.
at::Tensor compare_values(const at::Tensor& values, Comparison::Operator compare,
                          const at::Scalar& with) {
  switch (compare) {
    case Comparison::Operator::Equal: return values.eq(with);
    case Comparison::Operator::NotEqual: return values.ne(with);
    case Comparison::Operator::Less: return values.lt(with);
    case Comparison::Operator::LessEqual: return values.le(with);
    case Comparison::Operator::Greater: return values.gt(with);
    case Comparison::Operator::GreaterEqual: break;
  }
  return values.ge(with);
}

/// The label of a class, by its name or else its number. Throws `Error` where there is none.
int64_t label_named(const std::string& name, const std::vector<std::string>& class_names,
                    std::string_view option) {
  if (const auto label = datasets::label_of(name, class_names)) return *label;
  throw Error("`{}`: expected one of the classes {}, found '{}'{}", option,
              datasets::first_names(class_names), name, suggestion(name, class_names));
}

/// The classes' names as numbers, [classes]; none where one is a word.
std::optional<at::Tensor> numbers_of(const std::vector<std::string>& class_names) {
  std::vector<double> numbers;
  for (const auto& name : class_names) {
    const auto number = parse_double(name);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return at::tensor(numbers, at::kDouble);
}

/// What comparisons see of a part of the data: the inputs' values, and labels from wherever they are.
struct ComparedRows {
  const StoredData& inputs;
  const std::vector<std::string>& class_names;
  const std::string& label_name;
  const StoredRows& rows;
  at::Tensor labels;  // [N], or undefined
  bool numbered;      // whether its rows are those that row numbers count

  int64_t size() const { return rows.size(); }
  int64_t width() const { return element_count(rows.item_shape()); }
};

/// A value of each item, float32 [N]: as a table's are stored, so that 0.1 equals 0.1.
at::Tensor values_at(const StoredRows& rows, int64_t position) {
  if (rows.values.defined()) return rows.values.flatten(1).select(1, position).to(at::kFloat);
  constexpr int64_t kRowsAtOnce = 4096;
  at::Tensor values = at::empty({rows.size()}, at::kFloat);
  for (int64_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, rows.size() - first);
    const at::Tensor items = rows.items(first, count);
    values.narrow(0, first, count).copy_(items.flatten(1).select(1, position));
  }
  return values;
}

double number_in(const Comparison& comparison) {
  const auto number = parse_double(comparison.value);
  if (number) return *number;
  throw Error("`rows`: expected a number to compare '{}' with, found '{}'", comparison.what,
              comparison.value);
}

at::Tensor labels_that_fulfil(const Comparison& comparison, const ComparedRows& part) {
  using Operator = Comparison::Operator;
  if (!part.labels.defined()) {
    throw Error("`rows`: expected data with labels for '{}', found none", comparison.what);
  }
  const bool one_class =
      comparison.compare == Operator::Equal || comparison.compare == Operator::NotEqual;
  if (one_class) {
    const int64_t label = label_named(comparison.value, part.class_names, "rows");
    return compare_values(part.labels, comparison.compare, label);
  }
  const auto numbers = numbers_of(part.class_names);
  const at::Tensor compared =
      numbers ? numbers->index_select(0, part.labels.to(at::kLong)) : part.labels;
  return compare_values(compared, comparison.compare, number_in(comparison));
}

/// The position among an item's values of "age", "column3" or "column 3"; none for another word.
std::optional<int64_t> value_position(const std::string& what, const ComparedRows& part) {
  const auto& names = part.inputs.column_names;
  if (std::find(names.begin(), names.end(), what) != names.end()) {
    return datasets::column_number(what, names, std::ssize(names), "`rows`");
  }
  if (!what.starts_with(kColumn)) return {};
  std::string number = what.substr(kColumn.size());
  number.erase(0, number.find_first_not_of(' '));
  if (!parse_integer(number)) return {};
  return datasets::column_number(number, {}, part.width(), "`rows`");
}

[[noreturn]] void unknown_column(const std::string& what, const ComparedRows& part) {
  std::vector<std::string> known = part.inputs.column_names;
  if (known.empty()) known.push_back(fmt::format("column0 to column{}", part.width() - 1));
  const std::string known_names = fmt::format("{}{} or {}", datasets::first_names(known),
                                              part.labels.defined() ? ", label" : "", kRow);
  if (part.labels.defined()) known.emplace_back(kLabel);
  known.emplace_back(kRow);
  throw Error("`rows`: expected one of {}, found '{}'{}", known_names, what,
              suggestion(what, known));
}

/// What a cell is compared with, as its column holds it.
double cell_value(const Comparison& comparison, const datasets::TableColumn& column) {
  using datasets::ColumnKind;
  const std::string& text = comparison.value;
  if (column.kind == ColumnKind::Category) {
    const auto& words = column.words;
    const auto found = std::find(words.begin(), words.end(), text);
    if (found != words.end()) return static_cast<double>(found - words.begin());
    throw Error("`rows`: expected one of {} to compare '{}' with, found '{}'{}",
                datasets::first_names(words), column.name, text, suggestion(text, words));
  }
  if (column.kind == ColumnKind::Boolean) {
    if (const auto truth = truth_in(text)) return *truth ? 1 : 0;
  }
  if (column.kind == ColumnKind::Date) {
    if (const auto date = datasets::parse_date(text)) return *date;
    throw Error("`rows`: expected a date to compare '{}' with, 2024-05-01 say, found '{}'",
                column.name, text);
  }
  return number_in(comparison);
}

/// By the cells of a table that is not all numbers; none where it has no such column.
std::optional<at::Tensor> cells_that_fulfil(const Comparison& comparison,
                                            const ComparedRows& part) {
  if (!part.inputs.table) return {};
  for (const auto& column : part.inputs.table->columns) {
    if (column.name != comparison.what) continue;
    const bool category = column.kind == datasets::ColumnKind::Category;
    const bool equality = comparison.compare == Comparison::Operator::Equal ||
                          comparison.compare == Comparison::Operator::NotEqual;
    if (category && !equality) {
      throw Error("`rows`: expected == or != for '{}', whose cells are words", column.name);
    }
    return compare_values(column.values, comparison.compare, cell_value(comparison, column));
  }
  return {};
}

/// Which rows fulfil the comparison, bool [N].
at::Tensor rows_that_fulfil(const Comparison& comparison, const ComparedRows& part) {
  if (auto rows = cells_that_fulfil(comparison, part)) return *rows;
  if (const auto position = value_position(comparison.what, part)) {
    return compare_values(values_at(part.rows, *position), comparison.compare,
                          static_cast<float>(number_in(comparison)));
  }
  if (comparison.what == kLabel || comparison.what == part.label_name) {
    return labels_that_fulfil(comparison, part);
  }
  if (comparison.what == kRow) {
    if (!part.numbered) return at::ones({part.size()}, at::kBool);
    // As float64: LibTorch compares whole numbers with a number as float32, exact to 16 million.
    const at::Tensor numbers = at::arange(part.size(), at::kDouble);
    return compare_values(numbers, comparison.compare, number_in(comparison));
  }
  unknown_column(comparison.what, part);
}

at::Tensor rows_of_classes(const ClassChoice& classes, const ComparedRows& part) {
  if (!part.labels.defined()) {
    throw Error("`classes` {}: expected data with labels, found none", classes.text());
  }
  at::Tensor chosen = at::zeros_like(part.labels, at::kBool);
  for (const auto& name : classes.names) {
    chosen.logical_or_(part.labels.eq(label_named(name, part.class_names, "classes")));
  }
  return chosen;
}

/// The row numbers in a file's lines.
std::vector<int64_t> numbers_in(const std::string& bytes, const std::string& file) {
  std::vector<int64_t> numbers;
  int64_t line = 0;
  for (std::string text : split_text(bytes, '\n')) {
    ++line;
    text.erase(text.find_last_not_of(" \r\t") + 1);
    text.erase(0, text.find_first_not_of(" \t"));
    if (text.empty()) continue;
    const auto rows = datasets::parse_row_numbers(text);
    if (!rows) {
      throw Error("{}: line {}: expected a row's number, or a range 0-99, found '{}'", file, line,
                  text.substr(0, 40));
    }
    numbers.insert(numbers.end(), rows->begin(), rows->end());
  }
  if (numbers.empty()) throw Error("{}: expected row numbers, one a line, found none", file);
  return numbers;
}

at::Tensor listed_rows(const std::vector<int64_t>& numbers, const RowChoice& rows, int64_t size) {
  const int64_t last = *std::max_element(numbers.begin(), numbers.end());
  if (last >= size) {
    throw Error("`rows` {}: expected rows of 0 to {}, found {}", rows.text(), size - 1, last);
  }
  return at::zeros({size}, at::kBool).index_fill_(0, at::tensor(numbers, at::kLong), 1);
}

std::string choice_text(const ClassChoice& classes, const RowChoice& rows) {
  std::vector<std::string> parts;
  if (!classes.all()) parts.push_back("`classes` " + classes.text());
  if (!rows.all()) parts.push_back("`rows` " + rows.text());
  return join_text(parts, " and ");
}

/// The rows by classes and comparisons, bool [N].
at::Tensor fulfilling(const ComparedRows& part, const ClassChoice& classes, const RowChoice& rows) {
  at::Tensor chosen = at::ones({part.size()}, at::kBool);
  if (!classes.all()) chosen.logical_and_(rows_of_classes(classes, part));
  for (const auto& comparison : rows.comparisons) {
    chosen.logical_and_(rows_that_fulfil(comparison, part));
  }
  return chosen;
}

at::Tensor positions_of(const at::Tensor& chosen, const std::string& choice, const char* where) {
  at::Tensor positions = at::nonzero(chosen).flatten();
  if (positions.numel() > 0) return positions;
  throw Error("{}: expected rows to be left, found none of the {} {}", choice,
              with_thousands(chosen.size(0)), where);
}

std::string share_text(const at::Tensor& positions, int64_t of) {
  return fmt::format("{} of {}", with_thousands(positions.size(0)), with_thousands(of));
}

}  // namespace

ChosenRows choose_rows(const StoredData& inputs, const StoredData& labelled,
                       const ClassChoice& classes, const RowChoice& rows) {
  ChosenRows chosen;
  if (classes.all() && rows.all()) return chosen;
  const std::string choice = choice_text(classes, rows);
  const auto compared = [&](const StoredRows& values, const StoredRows& labels,
                            bool numbered) -> ComparedRows {
    return {inputs, labelled.class_names, labelled.label_name, values, labels.labels, numbered};
  };
  std::vector<int64_t> numbers = rows.numbers;
  if (!rows.file.empty()) {
    const std::string bytes = read_file(rows.file);
    numbers = numbers_in(bytes, rows.file.string());
    chosen.list_sha256 = formats::sha256(bytes);
  }
  at::Tensor here = fulfilling(compared(inputs.rows, labelled.rows, true), classes, rows);
  if (!numbers.empty()) here.logical_and_(listed_rows(numbers, rows, here.size(0)));
  chosen.rows = positions_of(here, choice, "rows");
  std::string text = fmt::format("{}: {} rows", choice, share_text(chosen.rows, here.size(0)));
  if (!inputs.test.empty() && !labelled.test.empty()) {
    const at::Tensor there = fulfilling(compared(inputs.test, labelled.test, false), classes, rows);
    chosen.test = positions_of(there, choice, "rows of the official test part");
    text += fmt::format(", {} of the official test part{}", share_text(chosen.test, there.size(0)),
                        numbers.empty() ? "" : ", to which row numbers do not apply");
  }
  std::erase(text, '`');
  chosen.notes.push_back(text);
  return chosen;
}

}  // namespace hourglass::sources
