#pragma once

#include <string>
#include <vector>

namespace hourglass {

/// A named number of an epoch: the loss, a raw term or a metric, as the mean over its items.
struct Measurement {
  std::string name;
  double value = 0;
};

/// The numbers of an epoch of training, or of a pass over the validation rows. "loss" is first.
using Measurements = std::vector<Measurement>;

/// The value of that name. Throws `Error` when there is none.
double value_of(const Measurements& measurements, const std::string& name);

}  // namespace hourglass
