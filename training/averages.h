#pragma once

#include "hourglass/core/measurement.h"
#include "hourglass/core/processes.h"
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

/// What the steps of an unfinished epoch have added up to, to go on with exactly.
struct EpochSums {
  /// Σ items · value, in the order of the names; of several processes all of the first one's, then
  /// the next one's. Empty: no step yet.
  std::vector<double> values;
  int64_t items = 0, steps = 0;
  std::optional<int64_t> first_nonfinite_step;
};

/// What a model with these phases reports: "loss", the weighted sum of the terms of the epoch's
/// `loss_phase`, then the raw terms and metrics of each phase. Throws `Error` when two have one name.
std::vector<std::string> reported_names(const std::vector<models::Phase>& phases);

/// Collects the values of steps on the device they were computed on, and reads them once: no step
/// waits for them.
class Averages {
 public:
  /// `processes` must outlive it.
  explicit Averages(std::vector<std::string> names, const Processes& processes = kAlone)
      : names_(std::move(names)), processes_(processes) {}

  /// The values of a step over `items` items, scalars in the order of the names. Of several
  /// processes each adds its part of the whole batch's values, and the items of the whole batch.
  void add(const std::vector<at::Tensor>& values, int64_t items);

  /// The same where the values are on the CPU already.
  void add(std::span<const double> values, int64_t items);

  /// The means since the last call, of all processes; forgets the steps.
  EpochMeans take();

  /// Of the steps since the last `take`, in all processes.
  EpochSums sums() const;

  /// As if the steps behind `sums` had been added, by as many processes to the same bits. Throws
  /// `Error` when they are of other names.
  void restore(EpochSums sums);

  /// The mean loss of the latest 100 steps, for a progress line; waits for the device. Of several
  /// processes an estimate from this one's items. NaN before the first step.
  double recent_loss() const;

 private:
  std::vector<std::string> names_;
  const Processes& processes_;
  EpochSums before_;              // of the steps before those kept here
  std::vector<at::Tensor> rows_;  // a step each: [names], where they are on a device
  std::vector<double> numbers_;   // [steps, names], where they are not
  std::vector<int64_t> items_;

  std::vector<double> table() const;
  EpochSums own_sums() const;
  void forget();
  void add_up(EpochSums& sums) const;
  std::optional<int64_t> first_of_all(const EpochSums& own) const;
};

}  // namespace hourglass::training
