#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace hourglass::formats {

/// As `parse_json` (formats/json.h), with the keys of objects in the file's order.
nlohmann::ordered_json parse_ordered_json(std::string_view text, const std::string& where);

}  // namespace hourglass::formats
