#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::datasets {

// Rows as users list them: numbers counted from 0, and ranges of them, "110-119,7".

/// The rows in the order given; none for a text of another form, and for more rows than memory is
/// meant to hold (100 million).
std::optional<std::vector<int64_t>> parse_row_numbers(const std::string& text);

/// The inverse: neighbours as ranges.
std::string row_numbers_text(const std::vector<int64_t>& rows);

}  // namespace hourglass::datasets
