#pragma once

#include "hourglass/core/measurement.h"
#include "hourglass/formats/json.h"

#include <cstdint>
#include <string>

namespace hourglass::formats {

/// The numbers of one epoch.
struct EpochResult {
  int64_t epoch = 0;        ///< counted from 1
  Measurements training;    ///< means over the batches while the weights moved
  Measurements validation;  ///< at the epoch's end; empty where nothing was held out
};

/// {"loss": 0.03, …}; null for a value that is not finite, which JSON cannot hold.
nlohmann::json to_json(const Measurements& measurements);

/// "loss", then the others by name (JSON keeps no order); null is NaN. None where there is no such
/// field. Throws `Error` that names file and field for anything but numbers.
Measurements read_measurements(const JsonFields& fields, const std::string& key);

/// {"epoch": 7, "training": {…}, "validation": {…}}
nlohmann::json to_json(const EpochResult& result);

/// The inverse. Throws `Error` that names file and field.
EpochResult epoch_result_from_json(const JsonFields& fields);

}  // namespace hourglass::formats
