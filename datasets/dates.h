#pragma once

#include "hourglass/core/fields.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace hourglass::datasets {

// Moments as seconds since 1970, by the clock of whoever wrote them: an offset from UTC is read over,
// so that noon is noon.

/// Reads the forms of ISO 8601: "2024-05-01", with a time behind `T` or a space, "12:30", "12:30:15"
/// or "12:30:15.25", and an offset "Z" or "+02:00". None for anything else, and for days and times
/// that do not exist.
std::optional<double> parse_date(std::string_view text);

/// The same by the clock of UTC: the offset counts, and where there is none, it is UTC's.
std::optional<double> parse_utc(std::string_view text);

/// "2024-05-01", or "2024-05-01 12:30:15" where it is not midnight.
std::string date_text(double seconds);

/// What comes again and again.
enum class DatePart { HourOfDay, DayOfWeek, DayOfYear };
constexpr auto names_of(DatePart) {
  return std::to_array<EnumName<DatePart>>({{DatePart::HourOfDay, "hour of day"},
                                            {DatePart::DayOfWeek, "day of week"},
                                            {DatePart::DayOfYear, "day of year"}});
}

/// How far the cycle is, from 0 to below 1: of the day to the second, of the week (from Monday) and of
/// the year in whole days.
double phase_of(DatePart part, double seconds);

}  // namespace hourglass::datasets
