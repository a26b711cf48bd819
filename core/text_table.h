#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hourglass {

/// Rows of cells for a terminal: columns as wide as they need, numbers to the right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}

  /// `cells`: one a column of the header.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  bool empty() const { return rows_.size() == 1; }

  /// A line for the header and for each row, each beginning with `indent`.
  std::string text(std::string_view indent = "  ") const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hourglass
