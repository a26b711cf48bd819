#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::datasets {

// Columns of a table as users name them: by number, counted from 0, or by name.

/// Whether a column can be called so: by anything but nothing and numbers that count no column.
bool can_name_column(const std::string& text);

/// Names as an error lists them: the first dozen.
std::string first_names(const std::vector<std::string>& names);

/// The label of a class by its name, or else, unless numbers are the names of all, by its number; none
/// where there is no such class. Where classes have no names, any number from 0 is one.
std::optional<int64_t> label_of(const std::string& name,
                                const std::vector<std::string>& class_names);

/// The number of the column that `text` names, of `width` columns. `names` has a name a column, or is
/// empty where they have none. Throws `Error`, which begins with `where`, for one that is not there
/// and for a name that several have.
int64_t column_number(const std::string& text, const std::vector<std::string>& names, int64_t width,
                      std::string_view where);

}  // namespace hourglass::datasets
