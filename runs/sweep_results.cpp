#include "hourglass/runs/sweep_results.h"

#include "hourglass/core/text.h"
#include "hourglass/runs/comparison.h"
#include "hourglass/training/monitor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

namespace hourglass::runs {
namespace {

SweepRun run_of(const SweepPoint& point, const std::map<std::string, std::string>& failures) {
  SweepRun found{.name = point.name, .seed = point.options.training.seed, .state = "not begun"};
  if (is_run(point.options.out)) {
    found.run = list_run(point.options.out);
    found.state = found.run->state_text();
  }
  const auto failure = failures.find(point.name);
  found.failed = failure != failures.end();
  if (found.failed) found.state = "failed: " + failure->second;
  return found;
}

/// What follows from the runs.
void summarize(SweepResult& result) {
  const std::vector<double> values = result.best_values();
  const auto count = static_cast<double>(values.size());
  if (!values.empty()) {
    result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  }
  if (values.size() > 1) {
    double squares = 0;
    for (const double value : values) squares += (value - *result.mean) * (value - *result.mean);
    result.spread = std::sqrt(squares / (count - 1));
  }
  double begun = 0;
  for (const auto& run : result.runs) {
    if (!run.run) continue;
    ++begun;
    result.seconds += run.run->seconds;
    if (run.run->record.parameters) result.parameters = run.run->record.parameters;
  }
  if (begun > 0) result.seconds /= begun;
}

/// Less is better of it, whatever is monitored.
double sort_mean(const SweepResult& result) {
  if (!result.mean) return std::numeric_limits<double>::infinity();
  const auto valued = std::find_if(result.runs.begin(), result.runs.end(),
                                   [](const SweepRun& run) { return run.best().has_value(); });
  return training::as_cost(valued->run->monitor, *result.mean);
}

}  // namespace

std::vector<double> SweepResult::best_values() const {
  std::vector<double> found;
  for (const auto& run : runs) {
    if (const auto best = run.best()) found.push_back(best->value);
  }
  return found;
}

std::vector<SweepResult> sweep_results(const SweepPlan& plan,
                                       const std::map<std::string, std::string>& failures) {
  std::vector<SweepResult> results;
  for (const auto& point : plan.points) {
    // Seeds vary fastest: those of one combination are neighbours.
    if (results.empty() || results.back().values != point.values) {
      results.push_back({.values = point.values});
    }
    results.back().runs.push_back(run_of(point, failures));
  }
  for (auto& result : results) summarize(result);
  std::stable_sort(results.begin(), results.end(), [](const SweepResult& a, const SweepResult& b) {
    return sort_mean(a) < sort_mean(b);
  });
  return results;
}

std::string sweep_monitor(const std::vector<SweepResult>& results) {
  std::set<std::string> monitors;
  for (const auto& result : results) {
    for (const auto& run : result.runs) {
      if (run.run && !run.run->monitor.empty()) monitors.insert(run.run->monitor);
    }
  }
  return join_text({monitors.begin(), monitors.end()});
}

std::vector<std::string> sweep_notes(const std::vector<SweepResult>& results) {
  std::vector<ListedRun> runs;
  for (const auto& result : results) {
    for (const auto& run : result.runs) {
      if (run.run) runs.push_back(*run.run);
    }
  }
  return comparison_notes(runs);
}

}  // namespace hourglass::runs
