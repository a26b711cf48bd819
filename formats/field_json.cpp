#include "hourglass/formats/field_json.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <variant>
#include <vector>

namespace hourglass::formats {

std::string option_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& element : value) parts.push_back(option_text(element));
  return parts.empty() ? "none" : join_text(parts, ",");
}

nlohmann::json to_json(const FieldTable& table) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& row : table.rows()) {
    if (!row.recorded) continue;
    object[row.name] =
        std::visit([](const auto& value) -> nlohmann::json { return value; }, row.value());
  }
  return object;
}

void from_json(const FieldTable& table, const nlohmann::json& object, const std::string& where) {
  if (!object.is_object()) throw Error("{}: expected an object of options", where);
  for (const auto& [name, value] : object.items()) {
    const Field* row = table.find(name);
    if (row == nullptr || !row->recorded) {
      throw Error("{}: unknown option '{}'{}", where, name, suggestion(name, table.names()));
    }
    set_from_json(*row, value, where);
  }
}

void set_from_json(const Field& field, const nlohmann::json& value, const std::string& where) {
  try {
    // A text would be allowed for a field that takes any.
    if (value.is_null() || value.is_object()) {
      throw UsageError("`{}`: expected a value, found {}", field.name,
                       value.is_null() ? "null" : "an object");
    }
    field.set(option_text(value));
  } catch (const UsageError& error) {
    throw Error("{}: {}", where, error.what());
  }
}

}  // namespace hourglass::formats
