#include "hourglass/core/text_table.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace hourglass {
namespace {

/// Characters of UTF-8 text: bytes that do not continue one.
size_t characters(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<uint8_t>(byte) & 0xC0U) != 0x80U;
  }));
}

bool is_number(std::string text) {
  std::erase(text, ',');
  return parse_double(text).has_value();
}

}  // namespace

std::string TextTable::text(std::string_view indent) const {
  std::string text;
  std::vector<size_t> widths(rows_.front().size());
  std::vector<bool> numbers(widths.size(), rows_.size() > 1);
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t c = 0; c < widths.size(); ++c) {
      widths[c] = std::max(widths[c], characters(rows_[r][c]));
      if (r > 0 && !rows_[r][c].empty() && !is_number(rows_[r][c])) numbers[c] = false;
    }
  }
  for (const auto& row : rows_) {
    std::string line(indent);
    for (size_t c = 0; c < widths.size(); ++c) {
      const std::string padding(widths[c] - characters(row[c]), ' ');
      line += numbers[c] ? padding + row[c] : row[c] + padding;
      line += "  ";
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace hourglass
