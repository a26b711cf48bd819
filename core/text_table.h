#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass {

/// Rows of cells for people: columns as wide as they need, numbers to the right.
class TextTable {
 public:
  /// `header`: a cell for each column; none, where cells need no names.
  explicit TextTable(std::vector<std::string> header) : header_lines_(header.empty() ? 0 : 1) {
    if (!header.empty()) rows_.push_back(std::move(header));
  }

  /// `cells`: one a column.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  bool empty() const { return rows_.size() == header_lines_; }

  /// A line for the header and for each row, each beginning with `indent`. Where a line would be
  /// longer than `most` characters, the last column is wrapped in its place, or below the others
  /// where little room is left for it.
  std::string text(std::string_view indent = "  ",
                   size_t most = std::numeric_limits<size_t>::max()) const;

 private:
  size_t header_lines_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hourglass
