#pragma once

#include "hourglass/formats/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::formats {

/// What a model records of the series whose windows it was trained on.
struct SeriesCard {
  int64_t window = 0, stride = 1;     ///< in time steps
  std::vector<std::string> channels;  ///< names of the columns, in the order of an item's features
  int64_t steps = 0;                  ///< of the whole series
  double step = 0;     ///< from a step to the next, in seconds where times are dates; 0: no times
  bool dates = false;  ///< whether times were dates
  int64_t training_steps = 0;  ///< steps that training windows hold
};

/// {"window": 288, "stride": 1, "channels": ["value"], …}
nlohmann::json to_json(const SeriesCard& card);

/// The inverse. Throws `Error` that names file and field.
SeriesCard series_card_from_json(const JsonFields& fields);

}  // namespace hourglass::formats
