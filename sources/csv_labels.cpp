#include "hourglass/sources/csv_labels.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/sources/csv_preamble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hourglass::sources {
namespace {

constexpr double kLargestWhole = 0x1p53;  // above it, a double skips whole numbers

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

}  // namespace

std::string TableNames::place(const CellPlace& place) const {
  const bool named = place.column < columns.size() && !columns[place.column].empty();
  return fmt::format("{}: line {}, column {}", table, place.line,
                     named ? fmt::format("'{}'", shown(columns[place.column]))
                           : fmt::format("{} (counted from 0)", place.column));
}

uint32_t LabelCells::add(std::string_view cell, const CellPlace& place) {
  if (const auto known = numbers_.find(cell); known != numbers_.end()) return known->second;
  const auto number = static_cast<uint32_t>(cells_.size());
  cells_.emplace_back(cell);
  places_.push_back(place);
  numbers_.emplace(cells_.back(), number);
  const auto value = parse_double(cell);
  if (cell.empty() || (value && !std::isfinite(*value))) refuse(number, "");
  return number;
}

void LabelCells::classify(const std::vector<std::string>& given_names, CsvSummary& table) const {
  const auto numbers = whole_numbers();
  if (!numbers) return number_classes(cells_, table);
  if (given_names.empty()) return number_classes(*numbers, table);
  const auto count = static_cast<int64_t>(given_names.size());
  for (size_t i = 0; i < numbers->size(); ++i) {
    if ((*numbers)[i] < 0 || (*numbers)[i] >= count) {
      refuse(i, fmt::format("; line 1 names {} classes", count));
    }
  }
  table.labels = *numbers;
  for (const auto& given : given_names) table.class_names.push_back(as_name(given));
}

/// The labels as they are when all are whole numbers; none when one of them is a word.
std::optional<std::vector<int64_t>> LabelCells::whole_numbers() const {
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

void LabelCells::refuse(size_t number, std::string_view hint) const {
  throw Error("{}: expected a class (a whole number or a word), found '{}'{}",
              names_.place(places_[number]), shown(cells_[number]), hint);
}

at::Tensor labels_by_number(const std::vector<uint32_t>& numbers,
                            const std::vector<int64_t>& of_numbers) {
  at::Tensor labels = at::empty({std::ssize(numbers)}, at::kLong);
  std::transform(numbers.begin(), numbers.end(), labels.mutable_data_ptr<int64_t>(),
                 [&](uint32_t number) { return of_numbers[number]; });
  return labels;
}

CsvColumns csv_columns(size_t width, const std::vector<std::string>& names,
                       const LabelColumn& label_column, const std::string& table) {
  const CsvColumns columns{width, label_position(label_column, width, names, table)};
  if (columns.label && *columns.label >= columns.width) {
    throw Error("{}: expected a label in column {} (counted from 0), found {} columns", table,
                *columns.label, columns.width);
  }
  if (columns.features() == 0) {
    throw Error("{}: the only column is the label; use `label_column` none if it is a value",
                table);
  }
  return columns;
}

void check_width(const CsvReader& rows, size_t width, int64_t first_line,
                 const std::string& table) {
  if (rows.cells().size() == width) return;
  throw Error("{}: line {}: expected {} cells as in line {}, found {}", table, rows.line(), width,
              first_line, rows.cells().size());
}

}  // namespace hourglass::sources
