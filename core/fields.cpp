#include "hourglass/core/fields.h"

#include "hourglass/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hourglass {

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

void Field::set(const std::string& text) const {
  if (assign_(text, *this)) return;
  throw UsageError("`{}`: expected {}{}, found '{}'{}", name, expects_, range_text(), text,
                   suggestion(text, choices_));
}

Field& Field::at_least(double limit) {
  lowest_ = limit;
  return *this;
}

Field& Field::above(double limit) {
  lowest_excluded_ = true;
  return at_least(limit);
}

Field& Field::at_most(double limit) {
  highest_ = limit;
  return *this;
}

Field& Field::below(double limit) {
  highest_excluded_ = true;
  return at_most(limit);
}

Field& Field::not_recorded() {
  recorded = false;
  return *this;
}

Field& Field::shown_as(std::string placeholder) {
  placeholder_ = std::move(placeholder);
  return *this;
}

Field& Field::offering(std::vector<std::string> values) {
  offered_ = std::move(values);
  return *this;
}

bool Field::allows(double number) const {
  return number >= lowest_ && number <= highest_ && !(lowest_excluded_ && number == lowest_) &&
         !(highest_excluded_ && number == highest_);
}

std::string Field::range_text() const {
  std::vector<std::string> limits;
  if (std::isfinite(lowest_)) {
    limits.push_back(fmt::format("{} {}", lowest_excluded_ ? "above" : "at least", lowest_));
  }
  if (std::isfinite(highest_)) {
    limits.push_back(fmt::format("{} {}", highest_excluded_ ? "below" : "at most", highest_));
  }
  return limits.empty() ? "" : " " + join_text(limits, " and ");
}

std::vector<std::string> FieldTable::names() const {
  std::vector<std::string> names;
  for (const auto& row : rows_) names.push_back(row.name);
  return names;
}

const Field* FieldTable::find(const std::string& name) const {
  const auto row =
      std::find_if(rows_.begin(), rows_.end(), [&](const auto& r) { return r.name == name; });
  return row == rows_.end() ? nullptr : &*row;
}

}  // namespace hourglass
