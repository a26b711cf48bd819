#pragma once

#include "hourglass/datasets/table.h"

#include <optional>
#include <string>
#include <string_view>

namespace hourglass::sources {

// What a cell of a table says.

/// Whether nothing is known there: an empty cell, NA, N/A, NaN, null, None or ?, in any case.
bool is_missing(std::string_view cell);

/// A number that float32 can hold; with `decimal_comma`, "1,5" is one as well, and "1.000,5" is none.
std::optional<double> cell_number(std::string_view cell, bool decimal_comma);

/// True or false, yes or no, in any case; none for other words.
std::optional<bool> truth_in(std::string_view cell);

/// What is there of a number, a boolean (also 0 or 1) or a date, as `TableColumn::values` has it; none
/// for a cell that is not of this kind.
std::optional<double> cell_value(datasets::ColumnKind kind, std::string_view cell,
                                 bool decimal_comma);

/// "a number", "true or false", "a date".
const char* text_of_kind(datasets::ColumnKind kind);

}  // namespace hourglass::sources
