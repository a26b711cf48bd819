#include "hourglass/figures/time_ticks.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdint>

namespace hourglass::figures {
namespace {

namespace chrono = std::chrono;

constexpr double kMinute = 60, kHour = 3600, kDay = 86'400;
constexpr double kShortSteps[] = {
    1,        2,           5,           10,           15,           30,
    kMinute,  2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute,
    kHour,    2 * kHour,   3 * kHour,   6 * kHour,    12 * kHour,   kDay,
    2 * kDay, 7 * kDay,    14 * kDay};
constexpr int kMonthSteps[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

chrono::year_month_day day_of_moment(double seconds) {
  return chrono::sys_days(chrono::days(static_cast<int64_t>(std::floor(seconds / kDay))));
}

std::string moment_label(double seconds, double step) {
  const double time = seconds - kDay * std::floor(seconds / kDay);
  const auto day = day_of_moment(seconds);
  if (time == 0) {
    const auto month = static_cast<unsigned>(day.month());
    return fmt::format("{} {}", kMonths[month - 1], static_cast<unsigned>(day.day()));
  }
  const auto whole = static_cast<int64_t>(time);
  const int64_t hour = whole / 3600, minute = whole / 60 % 60;
  return step < kMinute ? fmt::format("{:02}:{:02}:{:02}", hour, minute, whole % 60)
                        : fmt::format("{:02}:{:02}", hour, minute);
}

/// Every so many seconds, counted from a Monday at midnight.
std::vector<double> short_steps(double step, double low, double high) {
  constexpr double kMonday = 4 * kDay;  // 1970 began with a Thursday
  std::vector<double> values;
  for (double i = std::ceil((low - kMonday) / step); kMonday + i * step <= high; ++i) {
    values.push_back(kMonday + i * step);
  }
  return values;
}

/// The first days of every so many months, counted from year 0.
std::vector<double> month_steps(int step, double low, double high) {
  std::vector<double> values;
  const auto start = day_of_moment(low);
  int64_t months =
      static_cast<int>(start.year()) * int64_t{12} + static_cast<unsigned>(start.month()) - 1;
  for (months = months / step * step;; months += step) {
    const chrono::year_month_day day{chrono::year(static_cast<int>(months / 12)),
                                     chrono::month(static_cast<unsigned>(months % 12) + 1),
                                     chrono::day(1)};
    const double moment =
        kDay * static_cast<double>(chrono::sys_days(day).time_since_epoch().count());
    if (moment > high) return values;
    if (moment >= low) values.push_back(moment);
  }
}

std::string month_label(double seconds) {
  const auto day = day_of_moment(seconds);
  const auto month = static_cast<unsigned>(day.month());
  return month == 1 ? fmt::format("{}", static_cast<int>(day.year())) : kMonths[month - 1];
}

/// Whether the calendar of the standard library has these moments.
bool in_calendar(double low, double high) {
  constexpr double kFirst = -6e10, kLast = 9e11;  // the years 69 and 30,489
  return low > kFirst && high < kLast;
}

}  // namespace

Ticks time_ticks(double low, double high, int most) {
  if (!in_calendar(low, high) || high - low < 2) return linear_ticks(low, high, most);
  Ticks ticks;
  for (const double step : kShortSteps) {
    if ((high - low) / step > 2.0 * most) continue;
    ticks.values = short_steps(step, low, high);
    if (ticks.values.size() > static_cast<size_t>(most)) continue;
    for (const double value : ticks.values) ticks.labels.push_back(moment_label(value, step));
    return ticks;
  }
  for (const int step : kMonthSteps) {
    ticks.values = month_steps(step, low, high);
    if (ticks.values.size() > static_cast<size_t>(most)) continue;
    for (const double value : ticks.values) ticks.labels.push_back(month_label(value));
    return ticks;
  }
  return linear_ticks(low, high, most);
}

}  // namespace hourglass::figures
