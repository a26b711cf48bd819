#include "hourglass/apps/tools/sweep_tables.h"

#include "hourglass/apps/tools/run_tables.h"
#include "hourglass/cli/command_line.h"
#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"
#include "hourglass/figures/dot_plot.h"
#include "hourglass/formats/json.h"

#include <fmt/format.h>

#include <optional>

namespace hourglass::apps {

using namespace runs;
using namespace cli;
using nlohmann::json;

namespace {

constexpr size_t kMostInChart = 30;

std::vector<std::string> varied_names(const SweepPlan& plan) {
  std::vector<std::string> names;
  for (const auto& variation : plan.variations) {
    names.push_back(option_name(variation.option).substr(2));
  }
  return names;
}

/// "finished", or how many of the seeds are, or what else the only one is.
std::string state_summary(const SweepResult& result) {
  size_t finished = 0;
  for (const auto& run : result.runs) {
    if (run.run && run.run->state == RunState::Finished) ++finished;
  }
  if (finished == result.runs.size()) return "finished";
  if (result.runs.size() == 1) return result.runs.front().state;
  for (const auto& run : result.runs) {
    if (run.failed || (run.run && run.run->state != RunState::Finished)) {
      return fmt::format("{} of {} finished; {}", finished, result.runs.size(), run.state);
    }
  }
  return fmt::format("{} of {} finished", finished, result.runs.size());
}

std::string value_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "";
}

/// "learning-rate 0.001, widths 64,2".
std::string combination_name(const SweepPlan& plan, const SweepResult& result) {
  std::vector<std::string> parts;
  const auto names = varied_names(plan);
  for (size_t i = 0; i < names.size(); ++i) parts.push_back(names[i] + " " + result.values[i]);
  return parts.empty() ? "all seeds" : join_text(parts, "; ");
}

}  // namespace

std::string sweep_text(const SweepPlan& plan, const std::vector<SweepResult>& results) {
  const bool several_seeds = results.front().runs.size() > 1;
  std::vector<std::string> header = varied_names(plan);
  const std::string monitor = sweep_monitor(results);
  header.push_back(monitor.empty() ? "best" : monitor);
  if (several_seeds) header.emplace_back("±");
  for (const char* name : {"seconds", "parameters", "state"}) header.emplace_back(name);
  TextTable table(header);
  for (const auto& result : results) {
    std::vector<std::string> cells = result.values;
    cells.push_back(value_text(result.mean));
    if (several_seeds) {
      cells.push_back(result.spread ? fmt::format("{:.2g}", *result.spread) : "");
    }
    cells.push_back(fmt::format("{:.3g}", result.seconds));
    cells.push_back(result.parameters ? with_thousands(*result.parameters) : "");
    cells.push_back(state_summary(result));
    table.add(cells);
  }
  return table.text("") + notes_text(sweep_notes(results));
}

std::string sweep_csv(const SweepPlan& plan, const std::vector<SweepResult>& results) {
  std::vector<std::string> header = varied_names(plan);
  for (const char* name : {"mean", "spread", "seconds", "parameters"}) header.emplace_back(name);
  const bool varies_seed = std::count(header.begin(), header.end(), "seed") > 0;
  for (const auto& run : results.front().runs) {
    header.push_back(varies_seed ? "best" : fmt::format("seed {}", run.seed));
  }
  std::string text = csv_line(header);
  for (const auto& result : results) {
    std::vector<std::string> cells = result.values;
    cells.push_back(result.mean ? fmt::format("{}", *result.mean) : "");
    cells.push_back(result.spread ? fmt::format("{}", *result.spread) : "");
    cells.push_back(fmt::format("{:.6g}", result.seconds));
    cells.push_back(result.parameters ? std::to_string(*result.parameters) : "");
    for (const auto& run : result.runs) {
      cells.push_back(run.best() ? fmt::format("{}", run.best()->value) : "");
    }
    text += csv_line(cells);
  }
  return text;
}

json sweep_json(const SweepPlan& plan, const std::vector<SweepResult>& results) {
  json list = json::array();
  for (const auto& result : results) {
    json options = json::object(), seeds = json::array();
    for (size_t i = 0; i < result.values.size(); ++i) {
      options[plan.variations[i].option] = result.values[i];
    }
    for (const auto& run : result.runs) {
      seeds.push_back({{"folder", (plan.folder / run.name).string()},
                       {"seed", run.seed},
                       {"state", run.state},
                       {"best", best_json(run.best())}});
    }
    list.push_back({{"options", options},
                    {"mean", formats::or_null(result.mean)},
                    {"spread", formats::or_null(result.spread)},
                    {"training_seconds", result.seconds},
                    {"parameters", formats::or_null(result.parameters)},
                    {"runs", seeds}});
  }
  return {{"folder", plan.folder.string()},
          {"monitor", sweep_monitor(results)},
          {"results", list},
          {"notes", sweep_notes(results)}};
}

figures::Picture sweep_chart(const SweepPlan& plan, const std::vector<SweepResult>& results,
                             const std::string& title) {
  std::vector<figures::DotRow> rows;
  for (const auto& result : results) {
    if (rows.size() == kMostInChart) break;
    rows.push_back({combination_name(plan, result), result.best_values()});
  }
  const std::string which = results.size() > kMostInChart
                                ? fmt::format(": the best {} of {}", kMostInChart, results.size())
                                : "";
  const std::string monitor = replaced(sweep_monitor(results), '_', ' ');
  return figures::dot_plot(rows, {.title = title + which, .x_label = "best " + monitor});
}

}  // namespace hourglass::apps
