#include "hourglass/sources/csv_preamble.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"
#include "hourglass/datasets/dates.h"
#include "hourglass/sources/table_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
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
  const bool announced = static_cast<int64_t>(second.size()) - 1 == *features;
  if (!announced || is_word(second.back())) return {};
  return CsvMetadata{*rows, texts_of(first, 2)};
}

/// What a cell holds, as far as it tells a line of names from a row of values.
enum class CellKind { Empty, Number, Word };

CellKind kind_of(std::string_view cell, bool decimal_comma) {
  if (is_missing(cell)) return CellKind::Empty;
  const bool number = !is_word(cell) || cell_number(cell, decimal_comma);
  return number ? CellKind::Number : CellKind::Word;
}

/// What stands below the first line in one column, as far as a few rows tell.
struct CellsBelow {
  std::optional<CellKind> kind;  ///< none where there are several beside missing cells
  std::set<std::string_view> cells;
};

/// Of each of `width` columns, from the present row on.
std::vector<CellsBelow> cells_below(CsvReader rows, size_t width) {
  constexpr int kRowsLookedAt = 20;
  std::vector<CellsBelow> columns(width);
  for (int row = 0; row < kRowsLookedAt; ++row) {
    for (size_t i = 0; i < std::min(width, rows.cells().size()); ++i) {
      CellsBelow& below = columns[i];
      const std::string_view cell = rows.cells()[i];
      const CellKind kind = kind_of(cell, rows.decimal_comma());
      const bool first = below.cells.empty(), known = below.kind.has_value();
      below.cells.insert(cell);
      if (first || (known && below.kind == CellKind::Empty)) {
        below.kind = kind;
      } else if (kind != CellKind::Empty && below.kind != kind) {
        below.kind.reset();
      }
    }
    if (!rows.next()) break;
  }
  return columns;
}

/// What a cell of the first line says of it, by what is below.
enum class Evidence { None, Names, Values };

Evidence evidence_of(CellKind cell, std::string_view text, const CellsBelow& below, bool first) {
  if (cell == CellKind::Word) {
    if (below.cells.contains(text) || datasets::parse_date(text)) return Evidence::Values;
    return below.kind == CellKind::Word ? Evidence::None : Evidence::Names;
  }
  if (!below.kind || below.kind == CellKind::Empty) return Evidence::None;
  if (below.kind == cell) return Evidence::Values;
  const bool missing_value = cell == CellKind::Empty && !first;
  return missing_value ? Evidence::None : Evidence::Names;
}

/// A cell that can be no value decides; where there is none, as in a table of words, a line of words
/// that do not occur below it is one of names.
bool names_columns(const CsvCells& first, const CsvReader& following,
                   const LabelColumn& label_column, const std::string& name) {
  if (label_column.kind == LabelColumn::Kind::Name) return true;  // or it cannot be found
  const auto label = label_position(label_column, first.size(), {}, name);
  auto below = std::vector<CellsBelow>(first.size());  // where nothing follows, any word is a name
  if (following.line() > 1) below = cells_below(following, first.size());
  bool values = false, words = false;
  for (size_t i = 0; i < first.size(); ++i) {
    const CellKind kind = kind_of(first[i], following.decimal_comma());
    if (i == label && kind == CellKind::Word && below[i].kind != CellKind::Number) continue;
    const Evidence found = evidence_of(kind, first[i], below[i], i == 0);
    if (found == Evidence::Names) return true;
    values = values || found == Evidence::Values;
    words = words || kind == CellKind::Word;
  }
  return words && !values;
}

/// Whether cells count 0, 1, 2, … or 1, 2, 3, …, or name years: numbers that may well be names.
bool count_up(const CsvCells& cells) {
  constexpr size_t kFewest = 3;
  if (cells.size() < kFewest) return false;
  const auto start = parse_integer(cells[0]);
  if (start && *start > std::numeric_limits<int64_t>::max() - std::ssize(cells)) return false;
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

std::optional<size_t> label_position(const LabelColumn& column, size_t width,
                                     const std::vector<std::string>& names,
                                     const std::string& table) {
  switch (column.kind) {
    case LabelColumn::Kind::First: return 0;
    case LabelColumn::Kind::Last: return width - 1;
    case LabelColumn::Kind::Index: return static_cast<size_t>(column.index);
    case LabelColumn::Kind::None: return {};
    case LabelColumn::Kind::Name: break;
  }
  return static_cast<size_t>(datasets::column_number(
      column.name, names, static_cast<int64_t>(width), table + ": `label_column`"));
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
    for (const auto& cell : first) preamble.names.push_back(as_name(cell));
  }
  notes.push_back(
      fmt::format("{}: {}", name, skipped_line(first, preamble, options.header == Header::Auto)));
  if (first.front().empty()) {
    notes.push_back(fmt::format(
        "{}: column 0 has no name: if it numbers the rows, write the file without it", name));
  }
  return preamble;
}

CsvPreamble begin_rows(CsvReader& rows, const std::string& name, const CsvOptions& options,
                       std::vector<std::string>& notes) {
  CsvPreamble preamble = skip_preamble(rows, name, options, notes);
  if (options.label_column.kind == LabelColumn::Kind::Name && preamble.names.empty()) {
    throw Error(
        "{}: `label_column` {}: expected a first line with the columns' names, found none: "
        "use a number, counted from 0",
        name, options.label_column.name);
  }
  if (!preamble.names.empty() && preamble.names.size() != rows.cells().size()) {
    throw Error("{}: line {}: expected {} cells, as line 1 names columns, found {}", name,
                rows.line(), preamble.names.size(), rows.cells().size());
  }
  return preamble;
}

}  // namespace hourglass::sources
