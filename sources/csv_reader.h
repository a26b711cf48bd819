#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

using CsvCells = std::vector<std::string_view>;

/// The cells from `first` on.
std::vector<std::string> texts_of(const CsvCells& cells, size_t first = 0);

/// Whether a cell holds something else than a number.
bool is_word(std::string_view cell);

/// The cell on one line, with a mark in place of every byte that is not UTF-8: neither JSON nor a
/// terminal takes such bytes.
std::string as_name(std::string_view cell);

/// A cell as an error or a note shows it: the beginning of a long one.
std::string shown(std::string_view cell);

/// The rows of a CSV text, one at a time, split into cells as RFC 4180 says: what is in quotes may
/// hold separators and line breaks, and `""` for a quote. Cells are separated by tabs, else
/// semicolons, else commas, whichever the first row has, and may be padded with spaces. Cells live
/// as long as the text and the reader, or a copy of it.
class CsvReader {
 public:
  /// Stands on the first row; `name` stands for the text in errors. Throws `Error` when there is
  /// none, and as `next` does.
  CsvReader(std::string_view text, std::string name);

  const CsvCells& cells() const { return cells_; }

  /// Where the row begins, counted from 1.
  int64_t line() const { return line_; }

  /// Whether a comma can be a decimal mark, as it separates no cells.
  bool decimal_comma() const { return separator_ != ','; }

  /// How many rows follow at most: line breaks in quotes count as well.
  int64_t most_rows_left() const;

  /// Moves on to the next row; false when there is none. Throws `Error` for a quote that is not
  /// closed, or is not followed by a separator.
  bool next();

 private:
  void read_row();
  std::string_view take_cell();
  std::string_view take_quoted_cell();

  std::string_view rest_;
  std::string name_;
  CsvCells cells_;
  std::shared_ptr<std::deque<std::string>> unquoted_;  // cells that are not in the text as they are
  char separator_ = ',';
  int64_t line_ = 0, next_line_ = 1;
};

}  // namespace hourglass::sources
