#pragma once

#include "hourglass/models/autoencoder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training {

/// A named number of an epoch: the loss, a raw term or a metric, as the mean over its items.
struct Measurement {
  std::string name;
  double value = 0;
};

/// The result of an epoch of training, or of a pass over the validation rows. "loss" is first.
using Measurements = std::vector<Measurement>;

/// The value of that name. Throws `Error` when there is none.
double value_of(const Measurements& measurements, const std::string& name);

/// The losses of an epoch.
struct EpochMeans {
  Measurements values;  ///< weighted by items: a short last batch counts by its size
  std::optional<int64_t>
      first_nonfinite_step;  ///< 0-based index of the first step whose loss is NaN or infinite
};

/// Collects the losses of steps on the device they were computed on, and reads them once: no step
/// waits for them.
class LossAverager {
 public:
  /// The losses of a step over `items` items; `total` is their weighted sum.
  void add(const models::Losses& losses, const at::Tensor& total, int64_t items);

  /// The means since the last call; forgets the steps.
  EpochMeans take();

  /// The mean loss of the latest 100 steps, for a progress line; waits for the device. NaN before
  /// the first step.
  double recent_loss() const;

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> rows_;  // a step each: [1 + terms + metrics]
  std::vector<int64_t> items_;
};

}  // namespace hourglass::training
