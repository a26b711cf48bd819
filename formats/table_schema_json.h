#pragma once

#include "hourglass/datasets/table_schema.h"
#include "hourglass/formats/json.h"

namespace hourglass::formats {

/// The form of a data card's `schema`.
nlohmann::json schema_to_json(const datasets::TableSchema& schema);

/// The inverse. Throws `Error` that names file and field.
datasets::TableSchema schema_from_json(const JsonFields& fields);

}  // namespace hourglass::formats
