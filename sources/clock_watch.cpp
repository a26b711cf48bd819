#include "hourglass/sources/clock_watch.h"

#include "hourglass/core/text.h"
#include "hourglass/datasets/dates.h"
#include "hourglass/sources/csv_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace hourglass::sources {
std::optional<double> parse_moment(std::string_view text) {
  const auto number = parse_double(text);
  if (!number) return datasets::parse_utc(text);
  return std::isfinite(*number) ? number : std::nullopt;
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
