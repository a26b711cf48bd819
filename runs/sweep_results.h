#pragma once

#include "hourglass/runs/run_list.h"
#include "hourglass/runs/sweep.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::runs {

/// What one run of a sweep came to.
struct SweepRun {
  std::string name;
  uint64_t seed = 0;
  std::string state;  ///< as `ListedRun::state_text`, "not begun", or why it failed
  bool failed = false;
  std::optional<ListedRun> run;  ///< none where there is nothing to read

  /// None before the first epoch.
  std::optional<BestValue> best() const { return run ? run->best : std::nullopt; }
};

/// One combination of values over its seeds.
struct SweepResult {
  std::vector<std::string> values;  ///< one a variation
  std::vector<SweepRun> runs;       ///< one a seed
  std::optional<double> mean;       ///< of the best values there are; none where there are none
  std::optional<double> spread;     ///< their standard deviation (n − 1); none of fewer than two
  double seconds = 0;               ///< of training, a run
  std::optional<int64_t> parameters;

  /// Best values of the seeds, without those that have none.
  std::vector<double> best_values() const;
};

/// All combinations, best first; those without a value last. `failures` are by a point's name.
std::vector<SweepResult> sweep_results(const SweepPlan& plan,
                                       const std::map<std::string, std::string>& failures);

/// The column that the values are of; several, "a, b", where `monitor` is varied.
std::string sweep_monitor(const std::vector<SweepResult>& results);

/// Why they do not compare, where a loss, a monitored column or the data vary: see `comparison_notes`.
std::vector<std::string> sweep_notes(const std::vector<SweepResult>& results);

}  // namespace hourglass::runs
