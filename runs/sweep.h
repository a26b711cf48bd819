#pragma once

#include "hourglass/runs/run.h"
#include "hourglass/runs/run_list.h"
#include "hourglass/runs/run_options.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::runs {

// A sweep trains a model for every combination of some options' values, each with several seeds,
// and keeps a run's folder for each below its own. It is planned whole before the first is trained.

/// An option that has one value for all of a sweep, as on a command line.
struct FixedOption {
  std::string name;  ///< "learning_rate"
  std::string value;
};

/// What to train.
struct SweepRequest {
  std::string variant, recipe;     ///< as for `options_of`
  std::vector<FixedOption> fixed;  ///< what all runs have instead of the recipe's values
  /// Options with the values they take: "learning-rate=1e-3,3e-3". Values are separated by commas;
  /// where that gives something the option does not take, by colons: "widths=64,2:128,2".
  std::vector<std::string> vary;
  int64_t seeds = 1;  ///< of each combination: the options' seed and those that follow it
  std::filesystem::path folder;
};

/// An option and the values a sweep gives it, written as the option's own.
struct Variation {
  std::string option;
  std::vector<std::string> values;
};

/// One run of a sweep.
struct SweepPoint {
  std::vector<std::string> values;  ///< one a variation
  std::string name;                 ///< of its folder: "learning-rate=0.001_widths=64,2_seed=1"
  RunOptions options;               ///< `out` is its folder
};

struct SweepPlan {
  std::filesystem::path folder;
  std::vector<Variation> variations;
  std::vector<SweepPoint> points;  ///< in the order of the values; seeds vary fastest
  nlohmann::json record;           ///< all that decides it: its sweep.json
};

/// The whole product. Throws `UsageError` for unknown options, values that an option does not take,
/// options or values given twice, and combinations that cannot work (see `check`).
SweepPlan plan_sweep(const SweepRequest& request);

/// Leaves sweep.json in the sweep's folder, or finds the same there. Throws `Error` where the folder
/// holds another sweep, saying what differs, a run, or runs of these names without a record.
void open_sweep(const SweepPlan& plan);

/// Takes sweep.json back where no run was begun, and the folder where nothing else is in it, so that
/// a sweep whose data could not be read can be begun again with others.
void withdraw_sweep(const SweepPlan& plan);

/// The run, where it is there and has nothing left to do.
std::optional<ListedRun> done_run(const SweepPoint& point);

/// Trains the run, or goes on with it where it was interrupted. `prepare` may add hooks. Throws
/// what `Run` throws.
training::TrainingResult train_point(const SweepPoint& point,
                                     const training::StopRequested& stop_requested,
                                     const std::function<void(Run&)>& prepare = {});

}  // namespace hourglass::runs
