#pragma once

#include "hourglass/formats/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hourglass::sources {

/// Seconds since 1970 of a moment, written as `datasets::parse_utc` reads it; a number is taken as it
/// is. None for anything else.
std::optional<double> parse_moment(std::string_view text);

/// Watches the times of rows that come one after the other for jumps of the clock.
class ClockWatch {
 public:
  /// What is wrong with the row's time: that it cannot be read, goes back, or goes on by more than
  /// `kJump` times the mean step so far. Empty where nothing is.
  std::string look_at(const std::string& time);

  static constexpr double kJump = 10;
  static constexpr int64_t kFewestSteps = 10;  ///< before a step can be too long

  nlohmann::json to_json() const;
  static ClockWatch from_json(const formats::JsonFields& fields);

 private:
  std::string last_;
  std::optional<double> moment_;
  double span_ = 0;  // of the steps that were no jumps
  int64_t steps_ = 0;
};

}  // namespace hourglass::sources
