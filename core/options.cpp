#include "core/options.h"

#include "core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hourglass {
namespace {

/// The command-line text of a JSON value.
std::string text_of(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& element : value) parts.push_back(text_of(element));
  return parts.empty() ? "none" : join_text(parts, ",");
}

}  // namespace

std::optional<bool> TextCodec<bool>::parse(const std::string& text) {
  if (text == "true" || text == "yes" || text == "1") return true;
  if (text == "false" || text == "no" || text == "0") return false;
  return {};
}

std::optional<double> TextCodec<double>::parse(const std::string& text) {
  const auto number = parse_double(text);
  if (!number || !std::isfinite(*number)) return {};
  return number;
}

std::string TextCodec<double>::format(double value) {
  return fmt::format("{}", value);  // the shortest text that reads back as the same number
}

std::string Option::key() const {
  std::string key = name;
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

void Option::set(const std::string& text) const {
  if (assign_(text, *this)) return;
  std::vector<std::string> words;
  if (expects_.starts_with("one of ")) words = split_text(expects_.substr(7), ',');
  for (auto& word : words) word.erase(0, word.find_first_not_of(' '));
  throw UsageError("--{}: expected {}{}, found '{}'{}", name, expects_, range_text(), text,
                   suggestion(text, words));
}

Option& Option::at_least(double limit) {
  lowest_ = limit;
  return *this;
}

Option& Option::above(double limit) {
  lowest_excluded_ = true;
  return at_least(limit);
}

Option& Option::at_most(double limit) {
  highest_ = limit;
  return *this;
}

Option& Option::below(double limit) {
  highest_excluded_ = true;
  return at_most(limit);
}

Option& Option::not_recorded() {
  recorded = false;
  return *this;
}

bool Option::allows(double number) const {
  return number >= lowest_ && number <= highest_ && !(lowest_excluded_ && number == lowest_) &&
         !(highest_excluded_ && number == highest_);
}

std::string Option::range_text() const {
  std::vector<std::string> limits;
  if (std::isfinite(lowest_)) {
    limits.push_back(fmt::format("{} {}", lowest_excluded_ ? "above" : "at least", lowest_));
  }
  if (std::isfinite(highest_)) {
    limits.push_back(fmt::format("{} {}", highest_excluded_ ? "below" : "at most", highest_));
  }
  return limits.empty() ? "" : " " + join_text(limits, " and ");
}

std::vector<std::string> OptionTable::names() const {
  std::vector<std::string> names;
  for (const auto& row : rows_) names.push_back(row.name);
  return names;
}

const Option* OptionTable::find(const std::string& name) const {
  const auto row =
      std::find_if(rows_.begin(), rows_.end(), [&](const auto& r) { return r.name == name; });
  return row == rows_.end() ? nullptr : &*row;
}

nlohmann::json OptionTable::to_json() const {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& row : rows_) {
    if (row.recorded) object[row.key()] = row.value_json();
  }
  return object;
}

void OptionTable::from_json(const nlohmann::json& object, const std::string& where) const {
  if (!object.is_object()) throw Error("{}: expected an object of options", where);
  for (const auto& [key, value] : object.items()) {
    const auto row = std::find_if(rows_.begin(), rows_.end(), [&, &name = key](const auto& r) {
      return r.recorded && r.key() == name;
    });
    if (row == rows_.end()) {
      std::vector<std::string> keys;
      for (const auto& r : rows_) keys.push_back(r.key());
      throw Error("{}: unknown option '{}'{}", where, key, suggestion(key, keys));
    }
    try {
      row->set(text_of(value));
    } catch (const UsageError& error) {
      throw Error("{}: {}", where, error.what());
    }
  }
}

}  // namespace hourglass
