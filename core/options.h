#pragma once

#include "core/text.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hourglass {

// One table binds the fields of option structs to the command line, to --help and to run.json:
//
//   void describe(OptionTable& table, DenseOptions& options) {
//     table.add("widths", options.widths, "N,N,...", "hidden widths, then the code").at_least(1);
//     table.add("activation", options.activation, "NAME", "hidden activation");
//   }

/// The names of an enumeration's values, in the order shown to users. Specialise it beside the
/// enumeration:
///   template <> struct EnumNames<Color> { static constexpr std::pair<Color, const char*> kNames[]
///   = {…}; };
template <class Enum>
struct EnumNames;

template <class Enum>
const char* enum_name(Enum value) {
  for (const auto& [candidate, name] : EnumNames<Enum>::kNames) {
    if (candidate == value) return name;
  }
  return "?";
}

/// How values of T are written on a command line. A type of your own gets a specialisation with
/// these three members.
template <class T, class = void>
struct TextCodec {
  static_assert(std::is_enum_v<T>, "specialise TextCodec for this type");
  static std::string expects() {
    std::vector<std::string> names;
    for (const auto& entry : EnumNames<T>::kNames) names.emplace_back(entry.second);
    return "one of " + join_text(names);
  }
  static std::optional<T> parse(const std::string& text) {
    for (const auto& [value, name] : EnumNames<T>::kNames) {
      if (text == name) return value;
    }
    return {};
  }
  static std::string format(T value) { return enum_name(value); }
};

template <>
struct TextCodec<std::string> {
  static std::string expects() { return "a text"; }
  static std::optional<std::string> parse(const std::string& text) { return text; }
  static std::string format(const std::string& value) { return value; }
};

template <>
struct TextCodec<bool> {
  static std::string expects() { return "true or false"; }
  static std::optional<bool> parse(const std::string& text);
  static std::string format(bool value) { return value ? "true" : "false"; }
};

template <>
struct TextCodec<double> {
  static std::string expects() { return "a number"; }
  static std::optional<double> parse(const std::string& text);  // finite numbers only
  static std::string format(double value);
};

template <class T>
struct TextCodec<T, std::enable_if_t<std::is_integral_v<T>>> {
  static std::string expects() { return "a whole number"; }
  static std::optional<T> parse(const std::string& text) {
    const auto number = parse_integer(text);
    if (!number || !std::in_range<T>(*number)) return {};
    return static_cast<T>(*number);
  }
  static std::string format(T value) { return std::to_string(value); }
};

/// "none" when there is no value.
template <class T>
struct TextCodec<std::optional<T>> {
  static std::string expects() { return TextCodec<T>::expects() + " (or none)"; }
  static std::optional<std::optional<T>> parse(const std::string& text) {
    const auto value = TextCodec<T>::parse(text);
    if (text != "none" && !value) return {};
    // Made in place: GCC 12 warns of an uninitialised value when one is moved in.
    std::optional<std::optional<T>> parsed(std::in_place);
    if (text != "none") parsed->emplace(*value);
    return parsed;
  }
  static std::string format(const std::optional<T>& value) {
    return value ? TextCodec<T>::format(*value) : "none";
  }
};

/// Comma-separated; "none" when empty.
template <class T>
struct TextCodec<std::vector<T>> {
  static std::string expects() { return "a comma-separated list, each " + TextCodec<T>::expects(); }
  static std::optional<std::vector<T>> parse(const std::string& text) {
    std::vector<T> values;
    if (text == "none") return values;
    for (const auto& part : split_text(text, ',')) {
      auto value = TextCodec<T>::parse(part);
      if (!value) return {};
      values.push_back(std::move(*value));
    }
    if (values.empty()) return {};
    return values;
  }
  static std::string format(const std::vector<T>& values) {
    std::vector<std::string> parts;
    for (const auto& value : values) parts.push_back(TextCodec<T>::format(value));
    return parts.empty() ? "none" : join_text(parts, ",");
  }
};

/// One row of the table: a named field of an options struct.
struct Option {
  std::string name;        ///< as on the command line, without the dashes: "learning-rate"
  std::string group;       ///< heading in --help
  std::string value_name;  ///< "X" in "--learning-rate X"; empty for a switch
  std::string help;        ///< what it does, with the unit
  bool recorded = true;    ///< whether run.json keeps it

  /// The field as command-line text, and as JSON (numbers stay numbers, everything else is text or
  /// a list).
  std::function<std::string()> value_text;
  std::function<nlohmann::json()> value_json;

  /// Gives the field the value written in `text`. Throws `UsageError` with the value and what is
  /// allowed.
  void set(const std::string& text) const;

  /// The name in JSON: "learning_rate".
  std::string key() const;

  // Allowed range of the number, or of each number of a list.
  Option& at_least(double limit);
  Option& above(double limit);
  Option& at_most(double limit);
  Option& below(double limit);
  /// Kept out of run.json: where the output goes and how much is printed do not change a run.
  Option& not_recorded();

 private:
  friend class OptionTable;
  double lowest_ = -std::numeric_limits<double>::infinity();
  double highest_ = std::numeric_limits<double>::infinity();
  bool lowest_excluded_ = false, highest_excluded_ = false;
  std::string expects_;
  std::function<bool(const std::string& text, const Option& option)> assign_;

  bool allows(double number) const;
  std::string range_text() const;
};

class OptionTable {
 public:
  /// Puts the rows added from here on under this heading of --help.
  void begin_group(std::string heading) { group_ = std::move(heading); }

  /// Binds `field`, which must outlive the table. Its value at parse time is the default. The
  /// returned row can be given limits: `table.add("epochs", options.epochs, "N", "…").at_least(1)`.
  template <class T>
  Option& add(std::string name, T& field, std::string value_name, std::string help);

  /// A switch: present or not.
  Option& add_switch(std::string name, bool& field, std::string help) {
    return add(std::move(name), field, "", std::move(help));
  }

  const std::deque<Option>& rows() const { return rows_; }
  std::vector<std::string> names() const;
  const Option* find(const std::string& name) const;

  /// Every recorded field, by key.
  nlohmann::json to_json() const;

  /// The inverse. Keys that the table lacks, and values that are not allowed, throw `Error` naming
  /// `where`; fields that the JSON lacks keep their value.
  void from_json(const nlohmann::json& object, const std::string& where) const;

 private:
  std::string group_;
  std::deque<Option> rows_;  // a deque: rows keep their address
};

template <class T>
Option& OptionTable::add(std::string name, T& field, std::string value_name, std::string help) {
  Option& row = rows_.emplace_back();
  row.name = std::move(name);
  row.group = group_;
  row.value_name = std::move(value_name);
  row.help = std::move(help);
  row.expects_ = TextCodec<T>::expects();
  row.value_text = [&field] { return TextCodec<T>::format(field); };
  row.value_json = [&field]() -> nlohmann::json {
    if constexpr (std::is_arithmetic_v<T>) {
      return field;
    } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
      return field;
    } else {
      return TextCodec<T>::format(field);
    }
  };
  row.assign_ = [&field](const std::string& text, const Option& option) {
    const auto value = TextCodec<T>::parse(text);
    if (!value) return false;
    if constexpr (std::is_arithmetic_v<T>) {
      if (!option.allows(static_cast<double>(*value))) return false;
    } else if constexpr (std::is_same_v<T, std::optional<double>> ||
                         std::is_same_v<T, std::optional<int64_t>>) {
      if (*value && !option.allows(static_cast<double>(**value))) return false;
    } else if constexpr (std::is_same_v<T, std::vector<int64_t>> ||
                         std::is_same_v<T, std::vector<double>>) {
      for (const auto number : *value) {
        if (!option.allows(static_cast<double>(number))) return false;
      }
    }
    field = *value;
    return true;
  };
  return row;
}

}  // namespace hourglass
