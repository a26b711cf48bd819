#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_record.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::runs {

/// Where a run stands.
enum class RunState {
  Finished,     ///< all epochs
  Stopped,      ///< early, because nothing got better or it was asked to
  Interrupted,  ///< by Ctrl-C; to be resumed
  Running,      ///< has written a moment ago: probably at work
  NoResults,    ///< was killed, or failed before there were any; to be resumed
  NotFinite,    ///< the loss became NaN or infinite
  Damaged,      ///< its files cannot be read
};
constexpr auto names_of(RunState) {
  return std::to_array<EnumName<RunState>>({{RunState::Finished, "finished"},
                                            {RunState::Stopped, "stopped"},
                                            {RunState::Interrupted, "interrupted"},
                                            {RunState::Running, "running?"},
                                            {RunState::NoResults, "no results"},
                                            {RunState::NotFinite, "not finite"},
                                            {RunState::Damaged, "damaged"}});
}

/// The best of a run's epochs: the lowest value of the monitored column, or the highest of one of
/// which more is better.
struct BestValue {
  int64_t epoch = 0;  ///< counted from 1
  double value = 0;
};

/// A run's folder at a glance.
struct ListedRun {
  std::filesystem::path folder;
  RunState state = RunState::Damaged;
  std::string problem;  ///< why it is damaged, one line; empty elsewhere
  RunRecord record;     ///< and all below: only where it is not damaged
  MetricsTable metrics;
  int64_t finished_epochs = 0, all_epochs = 0;
  std::string monitor;            ///< "validation_loss"
  std::optional<BestValue> best;  ///< none before the first epoch
  double seconds = 0;             ///< of training

  /// "finished", "interrupted after epoch 12 of 50".
  std::string state_text() const;
};

/// Reads one run. What cannot be read makes it a damaged one.
ListedRun list_run(const std::filesystem::path& folder);

/// Whether a folder is that of a run: it has a run.json.
bool is_run(const std::filesystem::path& folder);

/// Throws `Error` where it is not.
void expect_run(const std::filesystem::path& folder);

/// All runs below a folder, at any depth, best first: by their best value, those without one last.
/// Throws `Error` where the folder cannot be read, or holds none.
std::vector<ListedRun> list_runs(const std::filesystem::path& folder);

/// The column that `monitor` auto means for that run, or the one it names.
std::string monitored_column(const RunRecord& record);

/// The best finite value of a column and its epoch; none where there is none.
std::optional<BestValue> best_value(const MetricsTable& metrics, const std::string& column);

/// A name for each folder: its own, or its whole path where two are called alike.
std::vector<std::string> short_names(const std::vector<std::filesystem::path>& folders);

}  // namespace hourglass::runs
