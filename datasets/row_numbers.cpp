#include "hourglass/datasets/row_numbers.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <limits>

namespace hourglass::datasets {
namespace {

constexpr int64_t kMostRows = 100'000'000;

}  // namespace

std::optional<std::vector<int64_t>> parse_row_numbers(const std::string& text) {
  std::vector<int64_t> rows;
  for (const auto& part : split_text(text, ',')) {
    const auto ends = split_text(part, '-');
    if (ends.empty() || ends.size() > 2) return {};
    const auto first = parse_integer(ends.front()), last = parse_integer(ends.back());
    if (!first || !last || *first < 0 || *last < *first) return {};
    if (*last == std::numeric_limits<int64_t>::max()) return {};  // nothing comes behind it
    if (*last - *first >= kMostRows - static_cast<int64_t>(rows.size())) return {};
    for (int64_t row = *first; row <= *last; ++row) rows.push_back(row);
  }
  if (rows.empty()) return {};
  return rows;
}

std::string row_numbers_text(const std::vector<int64_t>& rows) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < rows.size();) {
    size_t end = i + 1;
    while (end < rows.size() && rows[end] == rows[end - 1] + 1) ++end;
    parts.push_back(end - i == 1 ? std::to_string(rows[i])
                                 : fmt::format("{}-{}", rows[i], rows[end - 1]));
    i = end;
  }
  return join_text(parts, ",");
}

}  // namespace hourglass::datasets
