#pragma once

#include "hourglass/core/text.h"

#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace hourglass {

// One table binds the fields of option structs to names and texts. It knows neither command lines
// nor files: these are made from it elsewhere (cli/command_line.h, formats/field_json.h).
//
//   void DenseOptions::describe(FieldTable& table) {
//     table.add("widths", widths, "hidden widths, then the code").at_least(1);
//     table.add("tied_weights", tied_weights, "the decoder uses the encoder's weights");
//   }
//
// Errors name fields in backquotes, "`tied_weights`", and put nothing else of that form into
// backquotes: a program rewrites them to what its users type.

/// A value of an enumeration and what it is called.
template <class Enum>
struct EnumName {
  Enum value;
  const char* name;
};

/// The name of an enumeration's value. Beside the enumeration stands a function with all names, in
/// the order shown to users, which is found by its argument:
///   constexpr auto names_of(Color) {
///     return std::to_array<EnumName<Color>>({{Color::Red, "red"}, {Color::Blue, "blue"}});
///   }
template <class Enum>
const char* enum_name(Enum value) {
  for (const auto& entry : names_of(value)) {
    if (entry.value == value) return entry.name;
  }
  return "?";
}

/// A type of its own that is written as text: `T::expects()` says what is allowed, `T::parse` is
/// none for anything else, and `text()` is its inverse. Where the values are a few names,
/// `T::choices()` lists them.
template <class T>
concept HasTextForm = requires(const T& value, const std::string& text) {
  { T::expects() } -> std::convertible_to<std::string>;
  { T::parse(text) } -> std::same_as<std::optional<T>>;
  { value.text() } -> std::convertible_to<std::string>;
};

/// A type of its own that is a list of whole numbers, or, where the list is empty, a word.
template <class T>
concept HasListForm = HasTextForm<T> && requires(const T& value) {
  { value.value() } -> std::same_as<const std::vector<int64_t>&>;
};

/// How values of T are written as text. `placeholder` stands for a value in a usage line; it is
/// empty for a switch.
template <class T, class = void>
struct TextCodec {
  static_assert(std::is_enum_v<T> || HasTextForm<T>,
                "give the enumeration names_of, or the type expects, parse and text");
  static std::string placeholder() { return std::is_enum_v<T> ? "NAME" : "TEXT"; }
  static std::string expects() {
    if constexpr (HasTextForm<T>) {
      return T::expects();
    } else {
      return "one of " + join_text(choices());
    }
  }
  /// The names of all values; empty where they cannot be listed.
  static std::vector<std::string> choices() {
    std::vector<std::string> names;
    if constexpr (std::is_enum_v<T>) {
      for (const auto& entry : names_of(T{})) names.emplace_back(entry.name);
    } else if constexpr (requires { T::choices(); }) {
      names = T::choices();
    }
    return names;
  }
  static std::optional<T> parse(const std::string& text) {
    if constexpr (HasTextForm<T>) {
      return T::parse(text);
    } else {
      for (const auto& entry : names_of(T{})) {
        if (text == entry.name) return entry.value;
      }
      return {};
    }
  }
  static std::string format(const T& value) {
    if constexpr (HasTextForm<T>) {
      return value.text();
    } else {
      return enum_name(value);
    }
  }
};

template <>
struct TextCodec<std::string> {
  static std::string placeholder() { return "TEXT"; }
  static std::string expects() { return "a text"; }
  static std::optional<std::string> parse(const std::string& text) { return text; }
  static std::string format(const std::string& value) { return value; }
};

template <>
struct TextCodec<bool> {
  static std::string placeholder() { return ""; }
  static std::string expects() { return "true or false"; }
  static std::optional<bool> parse(const std::string& text);
  static std::string format(bool value) { return value ? "true" : "false"; }
};

template <>
struct TextCodec<double> {
  static std::string placeholder() { return "X"; }
  static std::string expects() { return "a number"; }
  static std::optional<double> parse(const std::string& text);  // finite numbers only
  static std::string format(double value);
};

template <class T>
struct TextCodec<T, std::enable_if_t<std::is_integral_v<T>>> {
  static std::string placeholder() { return "N"; }
  static std::string expects() { return "a whole number"; }
  static std::optional<T> parse(const std::string& text) {
    const auto number = parse_integer(text);
    if (!number || !std::in_range<T>(*number)) return {};
    return static_cast<T>(*number);
  }
  static std::string format(T value) { return std::to_string(value); }
};

/// The names of all values of T; empty where they cannot be listed, as for numbers.
template <class T>
std::vector<std::string> choices_of() {
  if constexpr (requires { TextCodec<T>::choices(); }) return TextCodec<T>::choices();
  return {};
}

/// "none" when there is no value.
template <class T>
struct TextCodec<std::optional<T>> {
  static std::string placeholder() { return TextCodec<T>::placeholder(); }
  static std::string expects() { return TextCodec<T>::expects() + " (or none)"; }
  static std::vector<std::string> choices() {
    std::vector<std::string> names = choices_of<T>();
    if (!names.empty()) names.emplace_back("none");
    return names;
  }
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
  static std::string placeholder() {
    const std::string one = TextCodec<T>::placeholder();
    return one + "," + one + ",...";
  }
  static std::string expects() { return "a comma-separated list, each " + TextCodec<T>::expects(); }
  static std::vector<std::string> choices() { return choices_of<T>(); }  // of each
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
    parts.reserve(values.size());
    for (const auto& value : values) parts.push_back(TextCodec<T>::format(value));
    return parts.empty() ? "none" : join_text(parts, ",");
  }
};

/// What a field holds, for writing it down: numbers stay numbers, a list of whole numbers a list,
/// and all else is text.
using FieldValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>>;

/// One row of the table: a named field of an options struct.
class Field {
 public:
  std::string name;      ///< "learning_rate"
  std::string group;     ///< heading in a list of all fields
  std::string help;      ///< what it does, with the unit
  bool recorded = true;  ///< whether the record of a run keeps it

  /// "N" in "learning_rate N"; empty for a switch.
  const std::string& placeholder() const { return placeholder_; }
  bool is_switch() const { return placeholder_.empty(); }

  /// The names of all values it can have, or each of a list's; empty where they cannot be listed.
  const std::vector<std::string>& choices() const { return choices_; }
  /// What a user is offered to complete a value with: the choices, or what `offering` named.
  const std::vector<std::string>& offered() const { return offered_; }
  /// Whether the value is a comma-separated list of them.
  bool is_list() const { return is_list_; }

  std::string value_text() const { return text_(); }
  FieldValue value() const { return value_(); }

  /// Gives the field the value written in `text`. Throws `UsageError` with the value and what is
  /// allowed.
  void set(const std::string& text) const;

  // Allowed range of the number, or of each number of a list.
  Field& at_least(double limit);
  Field& above(double limit);
  Field& at_most(double limit);
  Field& below(double limit);
  /// Kept out of a run's record: where the output goes and how much is printed do not change a run.
  Field& not_recorded();
  /// Another placeholder than the type's: "DIR".
  Field& shown_as(std::string placeholder);
  /// Names some values where others are allowed too.
  Field& offering(std::vector<std::string> values);

 private:
  friend class FieldTable;
  double lowest_ = -std::numeric_limits<double>::infinity();
  double highest_ = std::numeric_limits<double>::infinity();
  bool lowest_excluded_ = false, highest_excluded_ = false, is_list_ = false;
  std::vector<std::string> choices_, offered_;
  std::string placeholder_, expects_;
  std::function<std::string()> text_;
  std::function<FieldValue()> value_;
  std::function<bool(const std::string& text, const Field& field)> assign_;

  bool allows(double number) const;
  std::string range_text() const;
};

class FieldTable {
 public:
  /// Puts the rows added from here on under this heading.
  void begin_group(std::string heading) { group_ = std::move(heading); }

  /// Binds `field`, which must outlive the table. Its value at parse time is the default. The
  /// returned row can be given limits: `table.add("epochs", epochs, "…").at_least(1)`.
  template <class T>
  Field& add(std::string name, T& field, std::string help);

  const std::deque<Field>& rows() const { return rows_; }
  std::vector<std::string> names() const;
  const Field* find(const std::string& name) const;

 private:
  std::string group_;
  std::deque<Field> rows_;  // a deque: rows keep their address
};

template <class T>
Field& FieldTable::add(std::string name, T& field, std::string help) {
  Field& row = rows_.emplace_back();
  row.name = std::move(name);
  row.group = group_;
  row.help = std::move(help);
  row.placeholder_ = TextCodec<T>::placeholder();
  row.expects_ = TextCodec<T>::expects();
  row.choices_ = row.offered_ = choices_of<T>();
  row.is_list_ = !row.choices_.empty() && !std::is_enum_v<T> && !HasTextForm<T> && requires {
    typename T::value_type;
    T{}.empty();
  };
  row.text_ = [&field] { return TextCodec<T>::format(field); };
  row.value_ = [&field]() -> FieldValue {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double> ||
                  std::is_same_v<T, std::vector<int64_t>>) {
      return field;
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<int64_t>(field);
    } else if constexpr (HasListForm<T>) {
      if (!field.value().empty()) return field.value();
      return field.text();
    } else {
      return TextCodec<T>::format(field);
    }
  };
  row.assign_ = [&field](const std::string& text, const Field& limits) {
    const auto value = TextCodec<T>::parse(text);
    if (!value) return false;
    if constexpr (std::is_arithmetic_v<T>) {
      if (!limits.allows(static_cast<double>(*value))) return false;
    } else if constexpr (std::is_same_v<T, std::optional<double>> ||
                         std::is_same_v<T, std::optional<int64_t>>) {
      if (*value && !limits.allows(static_cast<double>(**value))) return false;
    } else if constexpr (std::is_same_v<T, std::vector<int64_t>> ||
                         std::is_same_v<T, std::vector<double>>) {
      for (const auto number : *value) {
        if (!limits.allows(static_cast<double>(number))) return false;
      }
    }
    field = *value;
    return true;
  };
  return row;
}

}  // namespace hourglass
