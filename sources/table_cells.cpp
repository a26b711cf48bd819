#include "hourglass/sources/table_cells.h"

#include "hourglass/core/text.h"
#include "hourglass/datasets/dates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hourglass::sources {
using datasets::ColumnKind;

namespace {

constexpr std::array<std::string_view, 6> kMissing = {"na", "n/a", "nan", "null", "none", "?"};
constexpr size_t kLongestWord = 5;

bool is_comma_number(std::string_view cell) {
  return std::count(cell.begin(), cell.end(), ',') == 1 && cell.find('.') == std::string_view::npos;
}

}  // namespace

bool is_missing(std::string_view cell) {
  if (cell.empty()) return true;
  if (cell.size() > kLongestWord ||
      std::string_view("nN?").find(cell[0]) == std::string_view::npos) {
    return false;
  }
  const std::string word = in_small_letters(std::string(cell));
  return std::find(kMissing.begin(), kMissing.end(), word) != kMissing.end();
}

std::optional<double> cell_number(std::string_view cell, bool decimal_comma) {
  const auto number = decimal_comma && is_comma_number(cell)
                          ? parse_double(replaced(std::string(cell), ',', '.'))
                          : parse_double(cell);
  // Items are float32.
  if (!number || !(std::abs(*number) <= std::numeric_limits<float>::max())) return {};
  return number;
}

std::optional<bool> truth_in(std::string_view cell) {
  if (cell.size() > kLongestWord) return {};
  const std::string word = in_small_letters(std::string(cell));
  if (word == "true" || word == "yes") return true;
  if (word == "false" || word == "no") return false;
  return {};
}

std::optional<double> cell_value(ColumnKind kind, std::string_view cell, bool decimal_comma) {
  if (kind == ColumnKind::Date) return datasets::parse_date(cell);
  const auto number = cell_number(cell, decimal_comma);
  if (kind != ColumnKind::Boolean) return number;
  if (const auto truth = truth_in(cell)) return *truth ? 1 : 0;
  return number == 0 || number == 1 ? number : std::nullopt;
}

const char* text_of_kind(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::Boolean: return "true or false";
    case ColumnKind::Date: return "a date";
    case ColumnKind::Category: return "a category";
    case ColumnKind::Number: break;
  }
  return "a number";
}

}  // namespace hourglass::sources
