#include "hourglass/sources/mixed_table.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/dates.h"
#include "hourglass/sources/column_plan.h"
#include "hourglass/sources/csv_preamble.h"
#include "hourglass/sources/table_cells.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

namespace hourglass::sources {
namespace {

using datasets::ColumnKind;

/// A file's rows, of which each is read twice: columns have a kind only when all cells were seen.
struct TableFile {
  CsvReader rows;  ///< stands on the first row of values
  ColumnPlan plan;
  TableNames names;
};

/// Calls `work` with the cells of each row.
void for_each_row(const TableFile& file, const std::function<void(const CsvReader&)>& work) {
  CsvReader rows = file.rows;
  const int64_t first_line = rows.line();
  do {
    check_width(rows, file.plan.columns.width, first_line, file.names.table);
    work(rows);
  } while (rows.next());
}

// ---- What a column is

/// How many cells of a column are what, and the first that is no number or no date.
struct CellCounts {
  int64_t cells = 0, numbers = 0, truths = 0, dates = 0;  // `cells` is without missing ones
  std::optional<CellPlace> no_number, no_date;
  std::string word, no_date_text;  // at these places

  void add(std::string_view cell, const CellPlace& place, bool decimal_comma) {
    if (is_missing(cell)) return;
    ++cells;
    const bool number = cell_number(cell, decimal_comma).has_value();
    const bool date = !number && datasets::parse_date(cell);
    numbers += number ? 1 : 0;
    dates += date ? 1 : 0;
    truths += !number && truth_in(cell) ? 1 : 0;
    if (!number && !no_number) no_number = place, word = shown(cell);
    if (!date && !no_date) no_date = place, no_date_text = shown(cell);
  }
};

/// A column whose cells are mostly of one kind has a wrong one.
[[noreturn]] void refuse_mixture(const CellCounts& counts, const std::string& column, bool dates,
                                 const TableNames& names) {
  const int64_t fitting = dates ? counts.dates : counts.numbers;
  throw Error(
      "{}: expected a {}, as {} of the column's {} cells are, found '{}': if it is missing, leave "
      "it "
      "empty; if these are categories, use `category_columns` {}",
      names.place(dates ? *counts.no_date : *counts.no_number), dates ? "date" : "number",
      with_thousands(fitting), with_thousands(counts.cells),
      dates ? counts.no_date_text : counts.word, column);
}

ColumnKind kind_of_column(const CellCounts& counts, const std::string& column,
                          const TableNames& names) {
  if (counts.cells == 0) {
    throw Error("{}: expected cells in column '{}', found all missing: use `drop` {}", names.table,
                column, column);
  }
  if (counts.numbers == counts.cells) return ColumnKind::Number;
  if (counts.truths == counts.cells) return ColumnKind::Boolean;
  if (counts.dates == counts.cells) return ColumnKind::Date;
  if (2 * counts.numbers >= counts.cells) refuse_mixture(counts, column, false, names);
  if (2 * counts.dates >= counts.cells) refuse_mixture(counts, column, true, names);
  return ColumnKind::Category;
}

std::vector<ColumnKind> guess_kinds(const TableFile& file) {
  const ColumnPlan& plan = file.plan;
  std::vector<CellCounts> counts(plan.values.size());
  for_each_row(file, [&](const CsvReader& rows) {
    for (size_t i = 0; i < plan.values.size(); ++i) {
      const size_t at = plan.values[i];
      counts[i].add(rows.cells()[at], {rows.line(), at}, rows.decimal_comma());
    }
  });
  std::vector<ColumnKind> kinds;
  for (size_t i = 0; i < counts.size(); ++i) {
    kinds.push_back(plan.chooses_category(plan.names[i])
                        ? ColumnKind::Category
                        : kind_of_column(counts[i], plan.names[i], file.names));
  }
  return kinds;
}

std::vector<ColumnKind> kinds_of(const TableFile& file, const CsvOptions& options) {
  if (!options.known) return guess_kinds(file);
  std::vector<ColumnKind> kinds;
  for (const auto& column : options.known->columns) kinds.push_back(column.kind);
  return kinds;
}

// ---- What its cells say

/// Takes the cells of one column.
class CellReader {
 public:
  CellReader(std::string name, ColumnKind kind, int64_t most_rows, const TableNames& names)
      : names_(names),
        column_{
            .name = std::move(name), .kind = kind, .values = at::empty({most_rows}, at::kDouble)},
        next_(column_.values.mutable_data_ptr<double>()) {}

  void add(std::string_view cell, const CellPlace& place, bool decimal_comma) {
    *next_++ = is_missing(cell) ? std::numeric_limits<double>::quiet_NaN()
                                : value_of(cell, place, decimal_comma);
  }

  /// `learned`: whether its categories are to be learned from these rows.
  datasets::TableColumn column(int64_t rows, bool learned, bool chosen) {
    column_.values = column_.values.narrow(0, 0, rows).clone();
    if (learned) check_categories(rows - column_.missing(), chosen);
    return std::move(column_);
  }

 private:
  const TableNames& names_;
  datasets::TableColumn column_;
  double* next_;
  std::unordered_map<std::string, double> places_;

  double value_of(std::string_view cell, const CellPlace& place, bool decimal_comma) {
    if (column_.kind == ColumnKind::Category) return place_of(cell);
    if (const auto value = cell_value(column_.kind, cell, decimal_comma)) return *value;
    throw Error("{}: expected {}, found '{}'", names_.place(place), text_of_kind(column_.kind),
                shown(cell));
  }

  double place_of(std::string_view cell) {
    const auto [found, fresh] =
        places_.try_emplace(std::string(cell), static_cast<double>(places_.size()));
    if (fresh) column_.words.push_back(as_name(cell));
    return found->second;
  }

  void check_categories(int64_t cells, bool chosen) const {
    constexpr int64_t kAlwaysTaken = 20;
    const int64_t words = std::ssize(column_.words);
    const bool differ = !chosen && words > std::max(kAlwaysTaken, cells / 2);
    if (!differ && words <= kMostCategories) return;
    throw Error(
        "{}: column '{}': expected categories, found {} different words in {} cells, '{}' and '{}' "
        "among them: use `drop` {}, or `id_column` {} if they name the rows",
        names_.table, column_.name, with_thousands(words), with_thousands(cells),
        shown(column_.words[0]), shown(column_.words[1]), column_.name, column_.name);
  }
};

void read_cells(const TableFile& file, const std::vector<ColumnKind>& kinds, bool learned,
                MixedTable& mixed) {
  const ColumnPlan& plan = file.plan;
  std::vector<CellReader> columns;
  columns.reserve(kinds.size());
  for (size_t i = 0; i < kinds.size(); ++i) {
    columns.emplace_back(plan.names[i], kinds[i], file.rows.most_rows_left() + 1, file.names);
  }
  LabelCells labels(file.names);
  std::vector<uint32_t> label_cells;
  datasets::Table& table = mixed.table;
  for_each_row(file, [&](const CsvReader& rows) {
    const CsvCells& cells = rows.cells();
    for (size_t i = 0; i < columns.size(); ++i) {
      const size_t at = plan.values[i];
      columns[i].add(cells[at], {rows.line(), at}, rows.decimal_comma());
    }
    if (const auto label = plan.columns.label) {
      label_cells.push_back(labels.add(cells[*label], {rows.line(), *label}));
    }
    if (plan.id) table.row_ids.push_back(as_name(cells[*plan.id]));
    ++mixed.summary.rows;
  });
  for (auto& column : columns) {
    const bool chosen = plan.chooses_category(plan.names[table.columns.size()]);
    table.columns.push_back(column.column(mixed.summary.rows, learned, chosen));
  }
  if (!plan.columns.label) return;
  labels.classify({}, mixed.summary);
  mixed.labels = labels_by_number(label_cells, mixed.summary.labels);
}

}  // namespace

MixedTable parse_mixed_table(std::string_view text, const std::string& name,
                             const CsvOptions& options) {
  MixedTable mixed;
  CsvReader rows(text, name);
  const CsvPreamble preamble = begin_rows(rows, name, options, mixed.summary.notes);
  const size_t width = rows.cells().size();
  const CsvOptions settled = with_known_label(options, width, preamble.names);
  const TableFile file = {
      rows, plan_columns(width, preamble.names, settled, name), {name, preamble.names}};
  read_cells(file, kinds_of(file, settled), /*learned=*/!settled.known, mixed);
  CsvSummary& summary = mixed.summary;
  summary.values = std::ssize(file.plan.values);
  summary.column_names = preamble.names.empty() ? std::vector<std::string>() : file.plan.names;
  if (file.plan.columns.label && !preamble.names.empty()) {
    summary.label_name = preamble.names[*file.plan.columns.label];
  }
  if (file.plan.id) {
    const auto& names = preamble.names;
    mixed.table.id_column =
        names.empty() ? fmt::format("column {}", *file.plan.id) : names[*file.plan.id];
  }
  mixed.dropped = file.plan.dropped;
  return mixed;
}

}  // namespace hourglass::sources
