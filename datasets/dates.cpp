#include "hourglass/datasets/dates.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace hourglass::datasets {
namespace {

namespace chrono = std::chrono;

constexpr double kDay = 86'400;

/// Takes a number of exactly so many digits from the front.
std::optional<int> take_digits(std::string_view& text, size_t digits) {
  if (text.size() < digits) return {};
  int number = 0;
  for (const char letter : text.substr(0, digits)) {
    if (letter < '0' || letter > '9') return {};
    number = 10 * number + (letter - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char letter) {
  if (!text.starts_with(letter)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<double> take_day(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return {};
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return {};
  const auto day = take_digits(text, 2);
  if (!day) return {};
  const chrono::year_month_day date{chrono::year(*year),
                                    chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return {};
  return kDay * static_cast<double>(chrono::sys_days(date).time_since_epoch().count());
}

/// The seconds with what is behind a point.
std::optional<double> take_seconds(std::string_view& text) {
  const auto whole = take_digits(text, 2);
  if (!whole || *whole > 60) return {};
  if (!take(text, '.')) return *whole;
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto fraction = parse_double(fmt::format("0.{}", text.substr(0, digits)));
  if (digits == 0 || !fraction) return {};
  text.remove_prefix(digits);
  return *whole + *fraction;
}

std::optional<double> take_time(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return {};
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return {};
  double time = 3600.0 * *hour + 60.0 * *minute;
  if (!take(text, ':')) return time;
  const auto seconds = take_seconds(text);
  if (!seconds) return {};
  return time + *seconds;
}

/// Takes "Z", "+02:00", "+0200", "+02" or nothing: the seconds that the clock is ahead of UTC.
std::optional<double> take_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const double sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return {};
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23) return {};
  take(text, ':');
  const auto minutes = text.empty() ? 0 : take_digits(text, 2);
  if (!minutes || *minutes > 59) return {};
  return sign * (3600.0 * *hours + 60.0 * *minutes);
}

struct Moment {
  double clock = 0;   // seconds since 1970 by the clock of whoever wrote it
  double offset = 0;  // of that clock from UTC
};

std::optional<Moment> parse_moment(std::string_view text) {
  const auto day = take_day(text);
  if (!day) return {};
  if (text.empty()) return Moment{.clock = *day};
  if (!take(text, 'T') && !take(text, ' ')) return {};
  const auto time = take_time(text);
  if (!time) return {};
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return {};
  return Moment{.clock = *day + *time, .offset = *offset};
}

chrono::sys_days day_of(double seconds) {
  return chrono::sys_days(chrono::days(static_cast<int64_t>(std::floor(seconds / kDay))));
}

double time_of_day(double seconds) { return seconds - kDay * std::floor(seconds / kDay); }

}  // namespace

std::optional<double> parse_date(std::string_view text) {
  const auto moment = parse_moment(text);
  return moment ? std::optional(moment->clock) : std::nullopt;
}

std::optional<double> parse_utc(std::string_view text) {
  const auto moment = parse_moment(text);
  return moment ? std::optional(moment->clock - moment->offset) : std::nullopt;
}

std::string date_text(double seconds) {
  const chrono::year_month_day date(day_of(seconds));
  std::string day =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  const auto time = static_cast<int64_t>(time_of_day(seconds));
  if (time == 0) return day;
  return fmt::format("{} {:02}:{:02}:{:02}", day, time / 3600, time / 60 % 60, time % 60);
}

double phase_of(DatePart part, double seconds) {
  if (part == DatePart::HourOfDay) return time_of_day(seconds) / kDay;
  const chrono::sys_days day = day_of(seconds);
  if (part == DatePart::DayOfWeek) {
    return (chrono::weekday(day).iso_encoding() - 1) / 7.0;
  }
  const chrono::year year = chrono::year_month_day(day).year();
  const auto first = chrono::sys_days(year / chrono::January / 1);
  return static_cast<double>((day - first).count()) / (year.is_leap() ? 366.0 : 365.0);
}

}  // namespace hourglass::datasets
