#include "hourglass/sources/table_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/column_plan.h"
#include "hourglass/sources/csv_preamble.h"
#include "hourglass/sources/csv_reader.h"
#include "hourglass/sources/mixed_table.h"
#include "hourglass/sources/table_cache.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

/// A model of numbers alone refuses other cells, as it has no value for them.
bool knows_numbers_alone(const CsvOptions& options) {
  if (!options.known) return false;
  for (const auto& column : options.known->columns) {
    if (column.kind != datasets::ColumnKind::Number || column.fill) return false;
  }
  return true;
}

/// The options for a file of a model that knows columns, and their order; none where they are in it.
struct KnownFile {
  CsvOptions options;
  std::optional<std::vector<int64_t>> order;  ///< where the model's columns are among the values
};

KnownFile known_file(std::string_view text, const std::string& name, const CsvOptions& options) {
  if (!options.known || options.known->columns.empty()) return {options, {}};
  std::vector<std::string> notes;
  CsvReader rows(text, name);
  const CsvPreamble preamble = begin_rows(rows, name, options, notes);
  const size_t width = rows.cells().size();
  KnownFile file = {with_known_label(options, width, preamble.names), {}};
  const ColumnPlan plan = plan_columns(width, preamble.names, file.options, name);
  std::vector<int64_t> order;
  for (const size_t at : plan.values) {
    const bool behind_label = plan.columns.label && at > *plan.columns.label;
    order.push_back(static_cast<int64_t>(at) - (behind_label ? 1 : 0));
  }
  std::vector<int64_t> in_place(order.size());
  std::iota(in_place.begin(), in_place.end(), 0);
  const bool all = plan.columns.features() == std::ssize(order);
  if (order != in_place || !all) file.order = std::move(order);
  return file;
}

void reorder(StoredData& data, const std::vector<int64_t>& order) {
  data.rows.values = data.rows.values.index_select(1, at::tensor(order, at::kLong));
  std::vector<std::string> names;
  names.reserve(order.size());
  for (const int64_t at : order) names.push_back(data.column_names[static_cast<size_t>(at)]);
  data.column_names = std::move(names);
}

StoredData plain_table(std::string_view text, const std::string& name, const CsvOptions& options) {
  const KnownFile file = known_file(text, name, options);
  StoredData data = stored_table(text, name, file.options);
  if (file.order) reorder(data, *file.order);
  return data;
}

/// The cells as numbers, for whoever compares them before there are values.
at::Tensor cells_as_numbers(const datasets::Table& table) {
  std::vector<at::Tensor> columns;
  for (const auto& column : table.columns) columns.push_back(column.values.to(at::kFloat));
  return at::stack(columns, 1);
}

StoredData mixed_table(std::string_view text, const std::string& name, const CsvOptions& options) {
  MixedTable mixed = parse_mixed_table(text, name, options);
  CsvSummary& summary = mixed.summary;
  StoredData data = {.sha256 = formats::sha256(text),
                     .rows = {cells_as_numbers(mixed.table), mixed.labels},
                     .test = {},
                     .class_names = std::move(summary.class_names),
                     .natural_scale = {datasets::ScalingRule::Kind::MinMax},
                     .column_names = std::move(summary.column_names),
                     .label_name = std::move(summary.label_name),
                     .notes = std::move(summary.notes),
                     .row_names = std::move(mixed.table.row_ids)};
  if (!data.row_names.empty()) data.row_title = mixed.table.id_column;
  data.schema.named = !data.column_names.empty();
  data.schema.label_column = data.label_name;
  data.schema.dropped = std::move(mixed.dropped);
  data.table = std::make_shared<const datasets::Table>(std::move(mixed.table));
  if (options.known) apply_schema(data, *options.known);
  return data;
}

StoredData large_table(const fs::path& path, const CsvOptions& options) {
  const auto refuse = [&](const std::string& found) {
    throw Error(
        "{}: expected numbers alone in a table of more than `map_above` megabytes, found {}",
        path.string(), found);
  };
  if (options.choice.any()) refuse("a choice of columns");
  const KnownFile file = known_file(MappedFile(path).bytes(), path.string(), options);
  if (file.order) refuse("columns in another order than in training");
  try {
    return cached_table(path, file.options);
  } catch (const NoNumberError& error) {
    throw Error("{} (`map_above`: a table of more megabytes has to be of numbers alone)",
                error.what());
  }
}

}  // namespace

StoredData read_table(const fs::path& path, const CsvOptions& options, int64_t map_above) {
  std::error_code missing;  // which reading says better
  const auto bytes = fs::file_size(path, missing);
  if (!missing && bytes > static_cast<uint64_t>(map_above)) return large_table(path, options);
  const std::string text = read_file(path), name = path.string();
  const bool numbers = knows_numbers_alone(options);
  if (options.choice.any() && options.known && options.known->columns.empty()) {
    CsvOptions unknown = options;
    unknown.known = nullptr;
    return mixed_table(text, name, unknown);
  }
  if (options.choice.any() || (options.known && !numbers)) return mixed_table(text, name, options);
  if (numbers) return plain_table(text, name, options);
  try {
    return plain_table(text, name, options);
  } catch (const NoNumberError&) {
    return mixed_table(text, name, options);  // one pass suffices for most tables
  }
}

void apply_schema(StoredData& data, datasets::TableSchema schema) {
  const datasets::TableValues encoded = datasets::encode(*data.table, schema);
  data.rows.values = encoded.values;
  if (encoded.missing.any().item<bool>()) data.missing = encoded.missing;
  data.column_names = schema.value_names();
  for (const auto& text : datasets::unknown_cells(*data.table, schema)) data.notes.push_back(text);
  data.schema = std::move(schema);
}

void learn_schema(StoredData& data, const at::Tensor& training_rows,
                  datasets::Imputation imputation) {
  datasets::TableSchema schema = datasets::fit_schema(*data.table, training_rows, imputation);
  schema.named = data.schema.named;
  schema.label_column = data.schema.label_column;
  schema.dropped = data.schema.dropped;
  data.notes.push_back("columns: " + datasets::schema_text(*data.table, schema));
  apply_schema(data, std::move(schema));
}

}  // namespace hourglass::sources
