#include "hourglass/sources/csv_preamble.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hourglass::sources {
namespace {

/// None where `first`, with `second` on the next line, is a row of values or names columns.
std::optional<CsvMetadata> parse_metadata(const CsvCells& first, const CsvCells& second) {
  if (first.size() < 3) return {};
  const auto rows = parse_integer(first[0]), features = parse_integer(first[1]);
  const bool named = std::all_of(first.begin() + 2, first.end(), is_word);
  if (!rows || !features || !named) return {};
  // The rows of such a file end in the number of a class.
  const bool announced = static_cast<int64_t>(second.size()) == *features + 1;
  if (!announced || is_word(second.back())) return {};
  return CsvMetadata{*rows, texts_of(first, 2)};
}

/// What a cell holds, as far as it tells a line of names from a row of values.
enum class CellKind { Empty, Number, Word };

CellKind kind_of(std::string_view cell) {
  if (cell.empty()) return CellKind::Empty;
  return is_word(cell) ? CellKind::Word : CellKind::Number;
}

/// The kind of each of `width` columns from the present row on, as far as a few rows tell; none for
/// a column of several kinds.
std::vector<std::optional<CellKind>> kinds_of_columns(CsvReader rows, size_t width) {
  constexpr int kRowsLookedAt = 20;
  std::vector<std::optional<CellKind>> kinds(width);
  for (int row = 0; row < kRowsLookedAt; ++row) {
    for (size_t i = 0; i < std::min(width, rows.cells().size()); ++i) {
      const CellKind kind = kind_of(rows.cells()[i]);
      if (row == 0) kinds[i] = kind;
      if (kinds[i] != kind) kinds[i].reset();
    }
    if (!rows.next()) break;
  }
  return kinds;
}

/// Whether a cell of the first line cannot be a value of its column.
bool names_column(CellKind cell, std::optional<CellKind> below, bool first, bool label) {
  if (cell == CellKind::Word && !label) return true;
  if (!below || *below == CellKind::Empty || *below == cell) return false;
  return cell != CellKind::Empty || first;  // elsewhere a missing value
}

bool names_columns(const CsvCells& first, const CsvReader& following,
                   const LabelColumn& label_column, const std::string& name) {
  if (label_column.kind == LabelColumn::Kind::Name) return true;  // or it cannot be found
  const auto label = label_position(label_column, first, name);
  const auto below = kinds_of_columns(following, first.size());
  for (size_t i = 0; i < first.size(); ++i) {
    if (names_column(kind_of(first[i]), below[i], i == 0, i == label)) return true;
  }
  return false;
}

/// Whether cells count 0, 1, 2, … or 1, 2, 3, …, or name years: numbers that may well be names.
bool count_up(const CsvCells& cells) {
  constexpr size_t kFewest = 3;
  if (cells.size() < kFewest) return false;
  const auto start = parse_integer(cells[0]);
  for (size_t i = 0; start && i < cells.size(); ++i) {
    if (parse_integer(cells[i]) != *start + static_cast<int64_t>(i)) return false;
  }
  return start.has_value();
}

std::string skipped_line(const CsvCells& first, const CsvPreamble& preamble, bool decided) {
  const bool doubtful = decided && std::count_if(first.begin(), first.end(), is_word) <= 1;
  return fmt::format(
      "skipped line 1 ({}: {}){}",
      preamble.metadata ? "number of rows, of columns, class names" : "taken for column names",
      shown(join_text(texts_of(first), ",")),
      doubtful && !preamble.metadata ? "; if it holds values, use --header no" : "");
}

}  // namespace

std::optional<size_t> label_position(const LabelColumn& column, const CsvCells& first,
                                     const std::string& name) {
  switch (column.kind) {
    case LabelColumn::Kind::First: return 0;
    case LabelColumn::Kind::Last: return first.size() - 1;
    case LabelColumn::Kind::Index: return static_cast<size_t>(column.index);
    case LabelColumn::Kind::None: return {};
    case LabelColumn::Kind::Name: break;
  }
  return static_cast<size_t>(datasets::column_number(column.name, texts_of(first),
                                                     std::ssize(first), name + ": `label_column`"));
}

CsvPreamble skip_preamble(CsvReader& rows, const std::string& name, const CsvOptions& options,
                          std::vector<std::string>& notes) {
  if (options.header == Header::No) return {};
  const CsvCells first = rows.cells();
  CsvReader following = rows;
  const bool more = following.next();
  CsvPreamble preamble;
  if (more) preamble.metadata = parse_metadata(first, following.cells());
  const bool skip = preamble.metadata || options.header == Header::Yes ||
                    names_columns(first, following, options.label_column, name);
  if (!skip) {
    if (more && count_up(first)) {
      notes.push_back(
          fmt::format("{}: took line 1 ({}) for values; if it names the columns, use --header yes",
                      name, shown(join_text(texts_of(first), ","))));
    }
    return preamble;
  }
  if (!more) throw Error("{}: expected rows of numbers, found one line of names", name);
  rows = following;
  if (!preamble.metadata) {
    for (const auto& cell : first) preamble.names.push_back(as_utf8(std::string(cell)));
  }
  notes.push_back(
      fmt::format("{}: {}", name, skipped_line(first, preamble, options.header == Header::Auto)));
  if (first.front().empty()) {
    notes.push_back(fmt::format(
        "{}: column 0 has no name: if it numbers the rows, write the file without it", name));
  }
  return preamble;
}

}  // namespace hourglass::sources
