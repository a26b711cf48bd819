#include "hourglass/sources/csv.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"
#include "hourglass/sources/csv_labels.h"
#include "hourglass/sources/csv_preamble.h"
#include "hourglass/sources/csv_reader.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass::sources {
namespace {

using Cells = CsvCells;

float parse_value(std::string_view cell, const TableNames& names, const CellPlace& place) {
  const auto number = parse_double(cell);
  if (!number || !(std::abs(*number) <= std::numeric_limits<float>::max())) {
    throw NoNumberError("{}: expected a number, found {}", names.place(place),
                        cell.empty() ? "an empty cell" : fmt::format("'{}'", shown(cell)));
  }
  return static_cast<float>(*number);
}

/// The names of the values; a column without one is called by its number among them.
std::vector<std::string> value_names(const std::vector<std::string>& names,
                                     const CsvColumns& columns) {
  std::vector<std::string> of_values;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i == columns.label) continue;
    of_values.push_back(names[i].empty() ? fmt::format("column {}", of_values.size()) : names[i]);
  }
  return of_values;
}

/// Hands all rows from the present one on to `sink`. Returns how many there are.
int64_t read_rows(CsvReader& rows, const TableNames& names, const CsvColumns& columns,
                  LabelCells& labels, CsvSink& sink) {
  const int64_t first_line = rows.line();
  std::vector<float> values(static_cast<size_t>(columns.features()));
  int64_t count = 0;
  do {
    const Cells& cells = rows.cells();
    check_width(rows, columns.width, first_line, names.table);
    uint32_t label = 0;
    auto value = values.begin();
    for (size_t i = 0; i < columns.width; ++i) {
      const CellPlace place{rows.line(), i};
      if (i == columns.label) {
        label = labels.add(cells[i], place);
      } else {
        *value++ = parse_value(cells[i], names, place);
      }
    }
    sink.take(values, label);
    ++count;
  } while (rows.next());
  return count;
}

/// Keeps a table's rows in memory.
class RowsInMemory final : public CsvSink {
 public:
  /// There are no more rows than lines.
  explicit RowsInMemory(std::string_view text)
      : most_rows_(std::count(text.begin(), text.end(), '\n') + 1) {}

  void take(std::span<const float> values, uint32_t label) override {
    if (!values_.defined()) values_ = at::empty({most_rows_, std::ssize(values)}, at::kFloat);
    std::copy(values.begin(), values.end(),
              values_.mutable_data_ptr<float>() + std::ssize(labels_) * std::ssize(values));
    labels_.push_back(label);
  }

  at::Tensor values() const {
    const int64_t rows = std::ssize(labels_);
    return rows == most_rows_ ? values_ : values_.narrow(0, 0, rows).clone();
  }

  /// By the labels of the numbered cells.
  at::Tensor labels(const std::vector<int64_t>& of_cells) const {
    return labels_by_number(labels_, of_cells);
  }

 private:
  int64_t most_rows_;
  at::Tensor values_;
  std::vector<uint32_t> labels_;
};

}  // namespace

std::string LabelColumn::expects() {
  return "last, first, none, or a column's name or number (counted from 0)";
}

std::optional<LabelColumn> LabelColumn::parse(const std::string& text) {
  if (text == "last") return LabelColumn{};
  if (text == "first") return LabelColumn{LabelColumn::Kind::First};
  if (text == "none") return LabelColumn{LabelColumn::Kind::None};
  if (!datasets::can_name_column(text)) return {};
  if (const auto index = parse_integer(text)) return LabelColumn{LabelColumn::Kind::Index, *index};
  // Made in place: GCC 12 warns of an uninitialised value when one is moved in.
  std::optional<LabelColumn> named(std::in_place);
  named->kind = LabelColumn::Kind::Name;
  named->name = text;
  return named;
}

std::string LabelColumn::text() const {
  switch (kind) {
    case LabelColumn::Kind::Last: return "last";
    case LabelColumn::Kind::First: return "first";
    case LabelColumn::Kind::None: return "none";
    case LabelColumn::Kind::Name: return name;
    case LabelColumn::Kind::Index: break;
  }
  return std::to_string(index);
}

CsvSummary stream_csv(std::string_view text, const std::string& name, const CsvOptions& options,
                      CsvSink& sink) {
  CsvSummary table;
  CsvReader rows(text, name);
  const CsvPreamble preamble = begin_rows(rows, name, options, table.notes);
  const auto& metadata = preamble.metadata;
  const CsvColumns columns =
      csv_columns(rows.cells().size(), preamble.names, options.label_column, name);
  const TableNames names{name, preamble.names};
  LabelCells labels(names);
  table.rows = read_rows(rows, names, columns, labels, sink);
  table.values = columns.features();
  if (metadata && metadata->rows != table.rows) {
    throw Error("{}: expected {} rows as line 1 says, found {}", name, metadata->rows, table.rows);
  }
  table.column_names = value_names(preamble.names, columns);
  if (!columns.label) return table;
  if (!preamble.names.empty()) table.label_name = preamble.names[*columns.label];
  const bool last = *columns.label == columns.width - 1;  // the column that metadata speaks of
  labels.classify(metadata && last ? metadata->class_names : std::vector<std::string>(), table);
  return table;
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  RowsInMemory rows(text);
  CsvSummary summary = stream_csv(text, name, options, rows);
  CsvTable table{.values = rows.values(), .labels = {}};
  if (!summary.labels.empty()) table.labels = rows.labels(summary.labels);
  table.class_names = std::move(summary.class_names);
  table.column_names = std::move(summary.column_names);
  table.label_name = std::move(summary.label_name);
  table.notes = std::move(summary.notes);
  return table;
}

}  // namespace hourglass::sources
