#pragma once

#include "hourglass/core/measurement.h"
#include "hourglass/models/autoencoder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hourglass::training {

/// The means of steps, weighted by items: a short last batch counts by its size.
struct EpochMeans {
  Measurements values;
  /// 0-based index of the first step whose loss is NaN or infinite.
  std::optional<int64_t> first_nonfinite_step;
};

/// What a model with these phases reports: "loss", the weighted sum of the first phase's terms,
/// then the raw terms and metrics of each phase. Throws `Error` when two have one name.
std::vector<std::string> reported_names(const std::vector<models::Phase>& phases);

/// Collects the values of steps on the device they were computed on, and reads them once: no step
/// waits for them.
class Averages {
 public:
  explicit Averages(std::vector<std::string> names) : names_(std::move(names)) {}

  /// The values of a step over `items` items, scalars in the order of the names.
  void add(const std::vector<at::Tensor>& values, int64_t items);

  /// The same where the values are on the CPU already.
  void add(std::span<const double> values, int64_t items);

  /// The means since the last call; forgets the steps.
  EpochMeans take();

  /// The mean loss of the latest 100 steps, for a progress line; waits for the device. NaN before
  /// the first step.
  double recent_loss() const;

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> rows_;  // a step each: [names], where they are on a device
  std::vector<double> numbers_;   // [steps, names], where they are not
  std::vector<int64_t> items_;

  std::vector<double> table() const;
};

}  // namespace hourglass::training
