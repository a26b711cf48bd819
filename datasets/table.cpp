#include "hourglass/datasets/table.h"

#include "hourglass/datasets/dates.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace hourglass::datasets {

int64_t TableColumn::missing() const { return values.isnan().sum().item<int64_t>(); }

std::string cell_text(const TableColumn& column, int64_t row) {
  const double value = column.values.const_data_ptr<double>()[row];
  if (std::isnan(value)) return "";
  switch (column.kind) {
    case ColumnKind::Category: return column.words[static_cast<size_t>(value)];
    case ColumnKind::Boolean: return value > 0 ? "true" : "false";
    case ColumnKind::Date: return date_text(value);
    case ColumnKind::Number: break;
  }
  return fmt::format("{:.9g}", value);
}

}  // namespace hourglass::datasets
