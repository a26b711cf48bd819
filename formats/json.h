#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats {

/// Arrays and objects within one another; ours need six.
inline constexpr int kJsonDepth = 64;

/// The value of a JSON text. A key that an object holds twice is refused: readers differ on which
/// of the two counts. Throws `Error` of one line that begins with `where` (the file) for anything
/// but JSON in UTF-8 of at most `kJsonDepth` levels.
nlohmann::json parse_json(std::string_view text, const std::string& where);

/// The text of our JSON files: two spaces a level, keys in order, without a line feed at the end.
/// Bytes that are not UTF-8 (a file's name may hold any) become U+FFFD; numbers that are not finite
/// become null.
std::string json_text(const nlohmann::json& value);

/// The fields of a JSON object, each read with its type checked. An error names the file and the
/// field: "best.pt: expected a whole number in 'data.total_rows', found "many"". Fields that nobody
/// asks for are ignored: later versions may add some.
///
/// T is std::string, bool, int64_t, uint64_t, double, a std::vector of std::string, int64_t or
/// double, or std::map<std::string, std::string>. A whole number is a `double` too; null is the
/// same as no field.
class JsonFields {
 public:
  /// Of a whole file. Throws `Error` unless `value` is an object; it must outlive the fields.
  JsonFields(const nlohmann::json& value, std::string where);

  /// The field; throws `Error` when there is none.
  template <class T>
  T get(const std::string& key) const;

  /// The field, or what an older file without it means.
  template <class T>
  T get(const std::string& key, T fallback) const;

  /// The field, if there is one.
  template <class T>
  std::optional<T> find(const std::string& key) const;

  JsonFields object(const std::string& key) const;
  std::optional<JsonFields> find_object(const std::string& key) const;

  /// The objects of a list; none where there is no such field.
  std::vector<JsonFields> objects(const std::string& key) const;

  /// The field as it is, null where there is none.
  const nlohmann::json& value(const std::string& key) const;

  /// This object as it is.
  const nlohmann::json& as_json() const { return *value_; }

  /// Throws the `Error` that the field should be `expected` ("a whole number").
  [[noreturn]] void fail(const std::string& key, const std::string& expected) const;

  const std::string& where() const { return where_; }

 private:
  const nlohmann::json* value_;
  std::string where_, path_;

  JsonFields(const nlohmann::json& value, std::string where, std::string path);
  std::string path_of(const std::string& key) const;
};

/// A value where there is one, else null.
template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

/// A field `format`, from 1 to the last that this version `known`s. Throws `Error` for a later one.
int read_format(const JsonFields& fields, int known);

}  // namespace hourglass::formats
