#include "hourglass/datasets/column.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass::datasets {

std::string first_names(const std::vector<std::string>& names) {
  constexpr size_t kListedNames = 12;
  const size_t count = std::min(names.size(), kListedNames);
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(count);
  return join_text({names.begin(), end}) + (count < names.size() ? ", …" : "");
}

std::optional<int64_t> label_of(const std::string& name,
                                const std::vector<std::string>& class_names) {
  const auto place = std::find(class_names.begin(), class_names.end(), name);
  if (place != class_names.end()) return place - class_names.begin();
  // Among classes that are called 1 and 2, "0" is one that is not there, and not the first.
  const bool numbers_are_names =
      !class_names.empty() &&
      std::all_of(class_names.begin(), class_names.end(),
                  [](const auto& known) { return parse_integer(known).has_value(); });
  const auto number = numbers_are_names ? std::nullopt : parse_integer(name);
  const bool is_label =
      number && *number >= 0 && (class_names.empty() || *number < std::ssize(class_names));
  return is_label ? number : std::nullopt;
}

bool can_name_column(const std::string& text) {
  if (text.empty()) return false;
  return !parse_double(text) || parse_integer(text).value_or(-1) >= 0;
}

int64_t column_number(const std::string& text, const std::vector<std::string>& names, int64_t width,
                      std::string_view where) {
  if (const auto number = parse_integer(text)) {
    if (*number >= 0 && *number < width) return *number;
    throw Error("{}: expected columns of 0 to {}, found {}", where, width - 1, text);
  }
  const auto count = std::count(names.begin(), names.end(), text);
  if (count == 1) return std::find(names.begin(), names.end(), text) - names.begin();
  if (count > 1) {
    throw Error(
        "{}: expected one column that is called '{}', found {}: use its number, counted "
        "from 0",
        where, text, count);
  }
  if (names.empty()) {
    throw Error("{}: expected a column's number (0 to {}), as they have no names, found '{}'",
                where, width - 1, text);
  }
  throw Error("{}: expected one of the columns {}, found '{}'{}", where, first_names(names), text,
              suggestion(text, names));
}

}  // namespace hourglass::datasets
