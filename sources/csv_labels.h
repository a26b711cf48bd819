#pragma once

#include "hourglass/sources/csv.h"
#include "hourglass/sources/csv_reader.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hourglass::sources {

/// Where a cell stands, for errors.
struct CellPlace {
  int64_t line = 0;
  size_t column = 0;
};

/// What errors in a table say of it.
struct TableNames {
  const std::string& table;
  const std::vector<std::string>& columns;  ///< empty where they have no names

  /// "mine.csv: line 3, column 'age'".
  std::string place(const CellPlace& place) const;
};

/// The different cells of a label's column, numbered in the order in which they come first.
class LabelCells {
 public:
  explicit LabelCells(const TableNames& names) : names_(names) {}

  /// The number of the cell. Throws `Error` for one that is empty or not finite.
  uint32_t add(std::string_view cell, const CellPlace& place);

  /// Fills in labels and class names; with `given_names`, the labels are positions in that list.
  void classify(const std::vector<std::string>& given_names, CsvSummary& table) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  const TableNames& names_;
  std::vector<std::string> cells_;
  std::vector<CellPlace> places_;  // of each the first
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers_;

  std::optional<std::vector<int64_t>> whole_numbers() const;
  [[noreturn]] void refuse(size_t number, std::string_view hint) const;
};

/// int64 [N]: the labels of N cells by their numbers, where those of the numbers are `of_numbers`.
at::Tensor labels_by_number(const std::vector<uint32_t>& numbers,
                            const std::vector<int64_t>& of_numbers);

/// Where the label is and how many cells there are beside it.
struct CsvColumns {
  size_t width = 0;
  std::optional<size_t> label;

  int64_t features() const { return static_cast<int64_t>(width - (label ? 1 : 0)); }
};

/// Of rows of `width` cells with these names, if any. Throws `Error` for a label that is not there, or
/// leaves no value; `table` stands for the file.
CsvColumns csv_columns(size_t width, const std::vector<std::string>& names,
                       const LabelColumn& label_column, const std::string& table);

/// Throws `Error` unless the present row has as many cells as the first, which is in `first_line`.
void check_width(const CsvReader& rows, size_t width, int64_t first_line, const std::string& table);

}  // namespace hourglass::sources
