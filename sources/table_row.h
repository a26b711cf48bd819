#pragma once

#include "hourglass/datasets/table_schema.h"

#include <span>
#include <string>
#include <vector>

namespace hourglass::sources {

/// The values of an item by one row's cells, those of the columns of a schema in its order, as a table
/// of such rows has them. Throws `Error` that names the column for a cell that is not of its kind.
void parse_table_row(const std::vector<std::string>& cells, const datasets::TableSchema& schema,
                     bool decimal_comma, std::span<float> values);

}  // namespace hourglass::sources
