#include "hourglass/sources/clock_watch.h"

#include "hourglass/core/text.h"
#include "hourglass/sources/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>

namespace hourglass::sources {
namespace {

/// Reads the beginning of `rest` by strptime's format and takes it off; false where it does not fit.
bool take(std::string& rest, const char* format, std::tm& moment) {
  const char* end = ::strptime(rest.c_str(), format, &moment);
  if (end == nullptr) return false;
  rest.erase(0, static_cast<size_t>(end - rest.c_str()));
  return true;
}

/// Takes ".25" off.
double take_fraction(std::string& rest) {
  if (!rest.starts_with('.')) return 0;
  const size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
  const auto fraction = parse_double("0" + rest.substr(0, end));
  rest.erase(0, end);
  return fraction.value_or(0);
}

/// Seconds of "Z", "+02:00", "-0530" or nothing; none for anything else.
std::optional<double> offset_of(const std::string& zone) {
  if (zone.empty() || zone == "Z") return 0;
  std::tm hours = {};
  std::string rest = zone.substr(1);
  const bool signed_ = zone.front() == '+' || zone.front() == '-';
  if (!signed_ || !(take(rest, "%H:%M", hours) || take(rest, "%H%M", hours)) || !rest.empty()) {
    return {};
  }
  const double seconds = hours.tm_hour * 3600.0 + hours.tm_min * 60.0;
  return zone.front() == '-' ? -seconds : seconds;
}

}  // namespace

std::optional<double> parse_moment(std::string_view text) {
  if (const auto number = parse_double(text)) {
    return std::isfinite(*number) ? number : std::nullopt;
  }
  std::string rest(text);
  std::tm moment = {};
  if (!take(rest, "%Y-%m-%d", moment)) return {};
  double fraction = 0;
  if (rest.starts_with('T') || rest.starts_with(' ')) {
    rest.erase(0, 1);
    if (!take(rest, "%H:%M:%S", moment) && !take(rest, "%H:%M", moment)) return {};
    fraction = take_fraction(rest);
  }
  const auto offset = offset_of(rest);
  if (!offset) return {};
  return static_cast<double>(::timegm(&moment)) + fraction - *offset;
}

std::string ClockWatch::look_at(const std::string& time) {
  const auto moment = parse_moment(time);
  if (!moment) {
    return fmt::format("expected a time, a number or 2024-05-01T12:30:15, found '{}'", shown(time));
  }
  const auto before = std::exchange(moment_, moment);
  const std::string last = std::exchange(last_, time);
  if (!before) return "";
  const double step = *moment - *before;
  if (step < 0) return fmt::format("the clock goes back, from {} to {}", shown(last), shown(time));
  if (steps_ >= kFewestSteps && span_ > 0 && step > kJump * span_ / static_cast<double>(steps_)) {
    return fmt::format("the clock jumps from {} to {}, {:.3g} times the usual step", shown(last),
                       shown(time), step * static_cast<double>(steps_) / span_);
  }
  span_ += step;
  ++steps_;
  return "";
}

nlohmann::json ClockWatch::to_json() const {
  return {{"last", last_}, {"span", span_}, {"steps", steps_}};
}

ClockWatch ClockWatch::from_json(const formats::JsonFields& fields) {
  ClockWatch watch;
  watch.last_ = fields.get<std::string>("last");
  watch.moment_ = parse_moment(watch.last_);
  watch.span_ = fields.get<double>("span");
  watch.steps_ = fields.get<int64_t>("steps");
  return watch;
}

}  // namespace hourglass::sources
