#pragma once

#include "hourglass/core/fields.h"

#include <nlohmann/json.hpp>

#include <string>

namespace hourglass::formats {

/// Every recorded field, by name. Numbers stay numbers and lists of whole numbers lists; all else is
/// text.
nlohmann::json to_json(const FieldTable& table);

/// The inverse: gives the fields their values. Names that the table lacks, and values that are not
/// allowed, throw `Error` naming `where`; fields that the JSON lacks keep their value.
void from_json(const FieldTable& table, const nlohmann::json& object, const std::string& where);

/// The text that a field is set by, of its JSON value: "none" for an empty list.
std::string option_text(const nlohmann::json& value);

/// Gives one field the value. Throws `Error` naming `where` and the field where it is not allowed.
void set_from_json(const Field& field, const nlohmann::json& value, const std::string& where);

}  // namespace hourglass::formats
