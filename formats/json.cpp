#include "hourglass/formats/json.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/ordered_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace hourglass::formats {
namespace {

using nlohmann::json;

/// Watches a text before it becomes a value: how deep it is, and which keys each open object has
/// had. The parser that makes values would report as much, but looks through all that an object or
/// a list has whenever a part of it ends: a minute for a hundred thousand tensors.
class JsonWatch final : public json::json_sax_t {
 public:
  explicit JsonWatch(const std::string& where) : where_(where) {}

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(int64_t /*value*/) override { return true; }
  bool number_unsigned(uint64_t /*value*/) override { return true; }
  bool number_float(double /*value*/, const std::string& /*text*/) override { return true; }
  bool string(std::string& /*value*/) override { return true; }
  bool binary(json::binary_t& /*value*/) override { return true; }

  bool start_object(size_t /*size*/) override { return open(); }
  bool start_array(size_t /*size*/) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    const auto [place, is_new] = keys_.back().insert(std::move(name));
    if (is_new) return true;
    throw Error("{}: expected each key once in JSON, found {} twice", where_, json(*place).dump());
  }

  /// Ends the watch: who makes the value says what is wrong.
  bool parse_error(size_t /*place*/, const std::string& /*token*/,
                   const json::exception& /*error*/) override {
    return false;
  }

 private:
  const std::string& where_;
  std::vector<std::set<std::string>> keys_;  // of all that is open; lists have none

  bool open() {
    if (keys_.size() >= size_t{kJsonDepth}) {
      throw Error("{}: expected JSON of at most {} levels, found more", where_, kJsonDepth);
    }
    keys_.emplace_back();
    return true;
  }

  bool close() {
    keys_.pop_back();
    return true;
  }
};

// ---- What a field may hold: its name in errors, and whether a value is one

template <class T>
struct FieldType;

template <>
struct FieldType<std::string> {
  static std::string expects() { return "a text"; }
  static bool matches(const json& value) { return value.is_string(); }
};

template <>
struct FieldType<bool> {
  static std::string expects() { return "true or false"; }
  static bool matches(const json& value) { return value.is_boolean(); }
};

template <>
struct FieldType<int64_t> {
  static std::string expects() { return "a whole number"; }
  static bool matches(const json& value) {
    if (value.is_number_unsigned()) return value.get<uint64_t>() <= uint64_t{INT64_MAX};
    return value.is_number_integer();
  }
};

template <>
struct FieldType<uint64_t> {
  static std::string expects() { return "a whole number of at least 0"; }
  static bool matches(const json& value) {
    return value.is_number_unsigned() || (value.is_number_integer() && value.get<int64_t>() >= 0);
  }
};

template <>
struct FieldType<double> {
  static std::string expects() { return "a number"; }
  static bool matches(const json& value) { return value.is_number(); }
};

template <class T>
struct FieldType<std::vector<T>> {
  static std::string expects() { return "a list, each " + FieldType<T>::expects(); }
  static bool matches(const json& value) {
    return value.is_array() && std::all_of(value.begin(), value.end(), FieldType<T>::matches);
  }
};

template <>
struct FieldType<std::map<std::string, std::string>> {
  static std::string expects() { return "an object of texts"; }
  static bool matches(const json& value) {
    return value.is_object() &&
           std::all_of(value.begin(), value.end(), FieldType<std::string>::matches);
  }
};

/// On one line, and not the whole of a large one.
std::string found_text(const json& value) {
  constexpr size_t kLongest = 60;
  if (value.is_null()) return "none";
  if (value.is_array() && value.size() > kLongest) return fmt::format("a list of {}", value.size());
  if (value.is_object()) return fmt::format("an object of {} fields", value.size());
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "…";
  return text;
}

template <class Json>
Json parse_watched(std::string_view text, const std::string& where) {
  try {
    JsonWatch watch(where);
    json::sax_parse(text.begin(), text.end(), &watch);
    return Json::parse(text.begin(), text.end());
  } catch (const json::parse_error& error) {
    if (error.byte > text.size()) {
      throw Error("{}: expected JSON, found one that breaks off after {} bytes", where,
                  text.size());
    }
    throw Error("{}: expected JSON, found another thing at byte {}", where, error.byte);
  } catch (const json::exception&) {
    throw Error("{}: expected JSON, found a number that is too large", where);
  }
}

}  // namespace

json parse_json(std::string_view text, const std::string& where) {
  return parse_watched<json>(text, where);
}

nlohmann::ordered_json parse_ordered_json(std::string_view text, const std::string& where) {
  return parse_watched<nlohmann::ordered_json>(text, where);
}

std::string json_text(const json& value) {
  return value.dump(2, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

JsonFields::JsonFields(const json& value, std::string where)
    : JsonFields(value, std::move(where), "") {}

JsonFields::JsonFields(const json& value, std::string where, std::string path)
    : value_(&value), where_(std::move(where)), path_(std::move(path)) {
  if (value_->is_object()) return;
  if (path_.empty()) throw Error("{}: expected an object, found {}", where_, found_text(value));
  throw Error("{}: expected an object in '{}', found {}", where_, path_, found_text(value));
}

std::string JsonFields::path_of(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

const json& JsonFields::value(const std::string& key) const {
  static const json kNone;
  const auto found = value_->find(key);
  return found == value_->end() ? kNone : *found;
}

void JsonFields::fail(const std::string& key, const std::string& expected) const {
  throw Error("{}: expected {} in '{}', found {}", where_, expected, path_of(key),
              found_text(value(key)));
}

template <class T>
T JsonFields::get(const std::string& key) const {
  const json& found = value(key);
  if (!FieldType<T>::matches(found)) fail(key, FieldType<T>::expects());
  return found.get<T>();
}

template <class T>
T JsonFields::get(const std::string& key, T fallback) const {
  return value(key).is_null() ? std::move(fallback) : get<T>(key);
}

template <class T>
std::optional<T> JsonFields::find(const std::string& key) const {
  if (value(key).is_null()) return {};
  return get<T>(key);
}

JsonFields JsonFields::object(const std::string& key) const {
  return {value(key), where_, path_of(key)};
}

std::optional<JsonFields> JsonFields::find_object(const std::string& key) const {
  if (value(key).is_null()) return {};
  return object(key);
}

std::vector<JsonFields> JsonFields::objects(const std::string& key) const {
  const json& list = value(key);
  if (!list.is_null() && !list.is_array()) fail(key, "a list of objects");
  std::vector<JsonFields> rows;
  for (size_t i = 0; i < list.size(); ++i) {
    rows.push_back(JsonFields(list[i], where_, fmt::format("{}[{}]", path_of(key), i)));
  }
  return rows;
}

#define HOURGLASS_FIELD_TYPE(...)                                              \
  template __VA_ARGS__ JsonFields::get<__VA_ARGS__>(const std::string&) const; \
  template __VA_ARGS__ JsonFields::get(const std::string&, __VA_ARGS__) const; \
  template std::optional<__VA_ARGS__> JsonFields::find<__VA_ARGS__>(const std::string&) const;
HOURGLASS_FIELD_TYPE(std::string)
HOURGLASS_FIELD_TYPE(bool)
HOURGLASS_FIELD_TYPE(int64_t)
HOURGLASS_FIELD_TYPE(uint64_t)
HOURGLASS_FIELD_TYPE(double)
HOURGLASS_FIELD_TYPE(std::vector<std::string>)
HOURGLASS_FIELD_TYPE(std::vector<int64_t>)
HOURGLASS_FIELD_TYPE(std::vector<double>)
HOURGLASS_FIELD_TYPE(std::map<std::string, std::string>)
#undef HOURGLASS_FIELD_TYPE

int read_format(const JsonFields& fields, int known) {
  const auto found = fields.get<int64_t>("format");
  if (found > known) {
    throw Error("{}: expected format {} at most, found {}: use the version that wrote it",
                fields.where(), known, found);
  }
  if (found < 1) fields.fail("format", "a whole number of at least 1");
  return static_cast<int>(found);
}

}  // namespace hourglass::formats
