#include "hourglass/runs/run_list.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/training/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;

/// Whether a run without results has written so lately that the next row is still to come.
bool is_at_work(const fs::path& folder, const MetricsTable& metrics) {
  constexpr double kShortest = 60;  // seconds: loading data, a first epoch
  double patience = kShortest;
  for (const double seconds : metrics.column("seconds")) patience = std::max(patience, 3 * seconds);
  std::error_code gone;
  const auto written = fs::last_write_time(folder / "metrics.csv", gone);
  if (gone) return false;
  const std::chrono::duration<double> since = fs::file_time_type::clock::now() - written;
  return since.count() < patience;
}

RunState state_of(const ListedRun& run) {
  // A run that goes on has the results of its last session, and more rows than these count.
  const auto& results = run.record.results;
  const bool goes_on =
      results && results->end == training::RunEnd::Finished && run.finished_epochs < run.all_epochs;
  const bool has_results = results && results->epochs >= run.finished_epochs && !goes_on;
  if (!has_results) {
    return is_at_work(run.folder, run.metrics) ? RunState::Running : RunState::NoResults;
  }
  switch (results->end) {
    case training::RunEnd::Finished: return RunState::Finished;
    case training::RunEnd::Stopped: return RunState::Stopped;
    case training::RunEnd::Interrupted: return RunState::Interrupted;
    default: return RunState::NotFinite;
  }
}

/// The epoch whose model was kept, where the run has told it: between phases, or while a term gains its
/// weight, values do not compare, and the least of all is not the best.
std::optional<BestValue> kept_epoch(const ListedRun& run) {
  const auto& results = run.record.results;
  if (!results || results->epochs < run.finished_epochs) return {};
  const auto& epochs = run.metrics.column("epoch");
  const auto row =
      std::find(epochs.begin(), epochs.end(), static_cast<double>(results->best.epoch));
  if (row == epochs.end()) return {};
  const double value = run.metrics.column(run.monitor)[static_cast<size_t>(row - epochs.begin())];
  if (!std::isfinite(value)) return {};
  return BestValue{.epoch = results->best.epoch, .value = value};
}

void read_run(ListedRun& run) {
  run.record = read_run_record(run.folder);
  run.metrics = read_metrics(run.folder / "metrics.csv");
  run.finished_epochs = std::ssize(run.metrics.column("epoch"));
  run.all_epochs = run.record.options.find<int64_t>("epochs").value_or(run.finished_epochs);
  run.monitor = monitored_column(run.record);
  run.best = kept_epoch(run);
  if (!run.best) run.best = best_value(run.metrics, run.monitor);
  const auto& seconds = run.metrics.column("seconds");
  run.seconds = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  run.state = state_of(run);
}

double sort_value(const ListedRun& run) {
  return run.best ? training::as_cost(run.monitor, run.best->value)
                  : std::numeric_limits<double>::infinity();
}

}  // namespace

std::string ListedRun::state_text() const {
  switch (state) {
    case RunState::Finished: return enum_name(state);
    case RunState::Damaged: return fmt::format("{}: {}", enum_name(state), problem);
    default:
      return fmt::format("{} after epoch {} of {}", enum_name(state), finished_epochs, all_epochs);
  }
}

ListedRun list_run(const fs::path& folder) {
  ListedRun run;
  run.folder = without_slash(folder);
  try {
    read_run(run);
  } catch (const Error& error) {
    run = {.folder = run.folder, .state = RunState::Damaged, .problem = error.what()};
  }
  return run;
}

bool is_run(const fs::path& folder) {
  std::error_code absent;
  return fs::exists(folder / "run.json", absent);
}

void expect_run(const fs::path& folder) {
  if (is_run(folder)) return;
  throw Error("{}: expected the folder of a run, with a run.json, found none", folder.string());
}

std::vector<ListedRun> list_runs(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto entry = fs::recursive_directory_iterator(without_slash(folder), options, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_directory(ignored) || !is_run(entry->path())) continue;
    found.push_back(entry->path());
    entry.disable_recursion_pending();
  }
  if (error) throw Error("{}: cannot list the runs: {}", folder.string(), error.message());
  if (found.empty()) {
    throw Error("{}: expected a run or a folder of runs, found no run.json in it or below",
                folder.string());
  }
  std::sort(found.begin(), found.end());
  std::vector<ListedRun> runs;
  runs.reserve(found.size());
  for (const auto& path : found) runs.push_back(list_run(path));
  std::stable_sort(runs.begin(), runs.end(), [](const ListedRun& a, const ListedRun& b) {
    return sort_value(a) < sort_value(b);
  });
  return runs;
}

std::string monitored_column(const RunRecord& record) {
  const std::string asked = record.options.find<std::string>("monitor").value_or("auto");
  return asked == "auto" ? training::usual_monitor(record.data.validation_rows > 0) : asked;
}

std::optional<BestValue> best_value(const MetricsTable& metrics, const std::string& column) {
  const auto &values = metrics.column(column), &epochs = metrics.column("epoch");
  const auto cost = [&](double value) { return training::as_cost(column, value); };
  std::optional<BestValue> best;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || (best && cost(values[i]) >= cost(best->value))) continue;
    best = BestValue{.epoch = static_cast<int64_t>(epochs[i]), .value = values[i]};
  }
  return best;
}

std::vector<std::string> short_names(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  names.reserve(folders.size());
  for (const auto& folder : folders) names.push_back(without_slash(folder).filename().string());
  const std::set<std::string> distinct(names.begin(), names.end());
  if (distinct.size() == names.size()) return names;
  names.clear();
  for (const auto& folder : folders) names.push_back(without_slash(folder).string());
  return names;
}

}  // namespace hourglass::runs
