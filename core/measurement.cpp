#include "hourglass/core/measurement.h"

#include "hourglass/core/error.h"

namespace hourglass {

double value_of(const Measurements& measurements, const std::string& name) {
  for (const auto& measurement : measurements) {
    if (measurement.name == name) return measurement.value;
  }
  throw Error("no measurement is called '{}'", name);
}

}  // namespace hourglass
