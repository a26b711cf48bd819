#pragma once

#include "hourglass/datasets/table_schema.h"
#include "hourglass/sources/csv.h"
#include "hourglass/sources/stored.h"

#include <cstdint>
#include <filesystem>

namespace hourglass::sources {

/// The table in a CSV file. One of numbers alone, of which the options choose no columns, is kept as it
/// is; of more than `map_above` bytes it is not read into memory (`cached_table`). Any other has its
/// columns in `StoredData::table`, and values by `apply_schema`, which this calls where a model knows
/// the columns.
///
/// Columns that a model knows are put into its order. Throws `Error` as `parse_csv`,
/// `parse_mixed_table` and `plan_columns` do, and for a table that is too large and not of numbers
/// alone, or in another order.
StoredData read_table(const std::filesystem::path& path, const CsvOptions& options,
                      int64_t map_above);

/// Makes values of a table's columns; a note says what training rows did not have.
void apply_schema(StoredData& data, datasets::TableSchema schema);

/// The schema of a table that needs one, learned from training rows (int64 [M]; undefined: all) and
/// applied; a note says what the columns were taken for.
void learn_schema(StoredData& data, const at::Tensor& training_rows,
                  datasets::Imputation imputation);

}  // namespace hourglass::sources
