#include "hourglass/formats/measurement.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass::formats {

nlohmann::json to_json(const Measurements& measurements) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, value] : measurements) {
    object[name] = std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
  }
  return object;
}

Measurements read_measurements(const JsonFields& fields, const std::string& key) {
  Measurements measurements;
  const auto object = fields.find_object(key);
  if (!object) return measurements;
  for (const auto& [name, value] : object->as_json().items()) {
    measurements.push_back(
        {name, object->get<double>(name, std::numeric_limits<double>::quiet_NaN())});
  }
  std::stable_partition(measurements.begin(), measurements.end(),
                        [](const Measurement& one) { return one.name == "loss"; });
  return measurements;
}

nlohmann::json to_json(const EpochResult& result) {
  return {{"epoch", result.epoch},
          {"training", to_json(result.training)},
          {"validation", to_json(result.validation)}};
}

EpochResult epoch_result_from_json(const JsonFields& fields) {
  return {.epoch = fields.get<int64_t>("epoch"),
          .training = read_measurements(fields, "training"),
          .validation = read_measurements(fields, "validation")};
}

}  // namespace hourglass::formats
