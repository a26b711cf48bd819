#include "hourglass/core/text_table.h"

#include "hourglass/core/printable.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass {
namespace {

bool is_number(std::string text) {
  std::erase(text, ',');
  return parse_double(text).has_value();
}

/// How much room the last column needs for being wrapped in its place.
constexpr size_t kLeastWidth = 24;
constexpr size_t kSpaceBetween = 2;

/// Names come from files: none of them moves the cursor.
std::vector<std::vector<std::string>> printable_rows(std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows) {
    for (auto& cell : row) cell = printable(cell);
  }
  return rows;
}

}  // namespace

std::string TextTable::text(std::string_view indent, size_t most) const {
  if (rows_.empty()) return "";
  const auto rows = printable_rows(rows_);
  const size_t columns = rows.front().size(), last = columns - 1;
  std::vector<size_t> widths(columns);
  std::vector<bool> numbers(columns, !empty());
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < columns; ++c) {
      widths[c] = std::max(widths[c], count_characters(rows[r][c]));
      if (r >= header_lines_ && !rows[r][c].empty() && !is_number(rows[r][c])) numbers[c] = false;
    }
  }
  size_t before = count_characters(indent);  // the last column
  for (size_t c = 0; c < last; ++c) before += widths[c] + kSpaceBetween;
  const bool wraps = before + widths[last] > most && last > 0 && !numbers[last];
  const bool below = wraps && before + kLeastWidth > most;
  const size_t margin = below ? count_characters(indent) + 2 * kSpaceBetween : before;

  std::string text;
  for (const auto& row : rows) {
    std::string line(indent);
    for (size_t c = 0; c < (wraps ? last : columns); ++c) {
      const std::string padding(widths[c] - count_characters(row[c]), ' ');
      line += numbers[c] ? padding + row[c] : row[c] + padding;
      line += std::string(kSpaceBetween, ' ');
    }
    if (wraps) {
      const size_t room = most > margin ? most - margin : 1;
      std::string wrapped;
      for (const auto& part : wrap_words(row[last], room)) {
        wrapped += (wrapped.empty() ? "" : "\n" + std::string(margin, ' ')) + part;
      }
      if (below) {
        line.resize(line.find_last_not_of(' ') + 1);
        line += "\n" + std::string(margin, ' ');
      }
      line += wrapped;
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace hourglass
