#include "hourglass/formats/table_schema_json.h"

#include "hourglass/core/fields.h"

#include <utility>

namespace hourglass::formats {
namespace {

nlohmann::json column_to_json(const datasets::SchemaColumn& column) {
  nlohmann::json object = {{"name", column.name}, {"kind", enum_name(column.kind)}};
  if (!column.categories.empty()) object["categories"] = column.categories;
  if (column.has_missing) object["has_missing"] = true;
  if (column.fill) object["fill"] = *column.fill;
  for (const auto part : column.parts) object["parts"].push_back(enum_name(part));
  return object;
}

datasets::SchemaColumn column_from_json(const JsonFields& fields) {
  datasets::SchemaColumn column{.name = fields.get<std::string>("name")};
  const auto kind = TextCodec<datasets::ColumnKind>::parse(fields.get<std::string>("kind"));
  if (!kind) fields.fail("kind", TextCodec<datasets::ColumnKind>::expects());
  column.kind = *kind;
  column.categories = fields.get("categories", column.categories);
  column.has_missing = fields.get("has_missing", false);
  column.fill = fields.find<double>("fill");
  for (const auto& name : fields.get("parts", std::vector<std::string>())) {
    const auto part = TextCodec<datasets::DatePart>::parse(name);
    if (!part) fields.fail("parts", "a list, each " + TextCodec<datasets::DatePart>::expects());
    column.parts.push_back(*part);
  }
  return column;
}

}  // namespace

nlohmann::json schema_to_json(const datasets::TableSchema& schema) {
  nlohmann::json object = {{"columns", nlohmann::json::array()}, {"named", schema.named}};
  for (const auto& column : schema.columns) object["columns"].push_back(column_to_json(column));
  if (!schema.id_column.empty()) object["id_column"] = schema.id_column;
  if (!schema.label_column.empty()) object["label_column"] = schema.label_column;
  if (!schema.dropped.empty()) object["dropped"] = schema.dropped;
  return object;
}

datasets::TableSchema schema_from_json(const JsonFields& fields) {
  datasets::TableSchema schema;
  for (const auto& column : fields.objects("columns")) {
    schema.columns.push_back(column_from_json(column));
  }
  if (schema.width() == 0) fields.fail("columns", "columns with values");
  schema.named = fields.get("named", schema.named);
  schema.id_column = fields.get("id_column", schema.id_column);
  schema.label_column = fields.get("label_column", schema.label_column);
  schema.dropped = fields.get("dropped", schema.dropped);
  return schema;
}

}  // namespace hourglass::formats
