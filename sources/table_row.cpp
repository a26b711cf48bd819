#include "hourglass/sources/table_row.h"

#include "hourglass/core/error.h"
#include "hourglass/sources/csv_reader.h"
#include "hourglass/sources/table_cells.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace hourglass::sources {
namespace {

using datasets::ColumnKind;

/// A column of one cell.
datasets::TableColumn column_of(const std::string& cell, const datasets::SchemaColumn& schema,
                                bool decimal_comma) {
  datasets::TableColumn column = {.name = schema.name, .kind = schema.kind};
  double value = std::numeric_limits<double>::quiet_NaN();
  if (!is_missing(cell) && schema.kind == ColumnKind::Category) {
    column.words = {as_name(cell)};
    value = 0;
  } else if (!is_missing(cell)) {
    const auto found = cell_value(schema.kind, cell, decimal_comma);
    if (!found) {
      throw Error("column '{}': expected {}, found '{}'", shown(schema.name),
                  text_of_kind(schema.kind), shown(cell));
    }
    value = *found;
  }
  column.values = at::full({1}, value, at::kDouble);
  return column;
}

}  // namespace

void parse_table_row(const std::vector<std::string>& cells, const datasets::TableSchema& schema,
                     bool decimal_comma, std::span<float> values) {
  datasets::Table table;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    table.columns.push_back(column_of(cells.at(i), schema.columns[i], decimal_comma));
  }
  const at::Tensor encoded = datasets::encode(table, schema).values;
  std::copy_n(encoded.const_data_ptr<float>(), values.size(), values.begin());
}

}  // namespace hourglass::sources
