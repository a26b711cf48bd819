#include "hourglass/runs/comparison.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/training/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace hourglass::runs {
namespace {

using training::kTrainPrefix;
using training::kValidationPrefix;

ListedRun readable_run(const std::filesystem::path& folder) {
  expect_run(folder);
  ListedRun run = list_run(folder);
  if (run.state == RunState::Damaged) throw Error("{}", run.problem);
  return run;
}

std::vector<OptionDifference> differences(const std::vector<ListedRun>& runs) {
  std::map<std::string, std::vector<std::string>> values;  // by option, a run each
  for (size_t i = 0; i < runs.size(); ++i) {
    nlohmann::json options = runs[i].record.options.as_json();
    options["variant"] = runs[i].record.variant;
    options["recipe"] = runs[i].record.recipe;
    for (const auto& [option, value] : options.items()) {
      auto& row = values[option];
      row.resize(runs.size());
      row[i] = formats::option_text(value);
    }
  }
  std::vector<OptionDifference> found;
  for (auto& [option, row] : values) {
    const bool alike =
        std::all_of(row.begin(), row.end(),
                    [first = row.front()](const auto& value) { return value == first; });
    if (!alike) found.push_back({option, std::move(row)});
  }
  return found;
}

/// The different answers of the runs, in order; a damaged one has none.
std::vector<std::string> distinct(const std::vector<ListedRun>& runs,
                                  const std::function<std::string(const ListedRun&)>& answer) {
  std::vector<std::string> answers;
  for (const auto& run : runs) {
    if (run.state == RunState::Damaged) continue;
    const std::string text = answer(run);
    if (std::find(answers.begin(), answers.end(), text) == answers.end()) answers.push_back(text);
  }
  return answers;
}

/// Whether a column of a term holds the loss and nothing else, in training and validation.
bool is_the_loss(const MetricsTable& metrics, const std::string& term) {
  const auto same = [&](std::string_view prefix) {
    const std::string loss = std::string(prefix) + "loss", own = std::string(prefix) + term;
    return !metrics.has(own) || metrics.column(own) == metrics.column(loss);
  };
  return same(kTrainPrefix) && same(kValidationPrefix);
}

}  // namespace

std::vector<std::string> comparison_notes(const std::vector<ListedRun>& runs) {
  std::vector<std::string> notes;
  const auto monitors = distinct(runs, [](const auto& run) { return run.monitor; });
  if (monitors.size() > 1) {
    notes.push_back(fmt::format("best values are of different columns: {}", join_text(monitors)));
  }
  const auto names = distinct(runs, [](const auto& run) { return run.record.data.name; });
  const auto bytes = distinct(runs, [](const auto& run) { return run.record.data.sha256; });
  if (names.size() > 1) {
    notes.push_back(fmt::format("the runs have different data: {}", join_text(names)));
  } else if (bytes.size() > 1) {
    notes.push_back(fmt::format("{} was not the same bytes for all runs (their SHA-256 differ)",
                                names.front()));
  }
  const auto losses = distinct(runs, [](const auto& run) { return run.record.options.loss(); });
  if (losses.size() > 1) {
    notes.push_back(fmt::format("losses are of different kinds: {}", join_text(losses)));
  }
  return notes;
}

RunComparison compare_runs(const std::vector<std::filesystem::path>& folders) {
  RunComparison comparison;
  for (const auto& folder : folders) comparison.runs.push_back(readable_run(folder));
  comparison.names = short_names(folders);
  comparison.options = differences(comparison.runs);
  comparison.notes = comparison_notes(comparison.runs);
  return comparison;
}

std::vector<std::string> compared_terms(const std::vector<MetricsTable>& metrics) {
  std::vector<std::string> terms;
  std::set<std::string> known = {"loss"};
  for (const auto& table : metrics) {
    for (const auto& name : table.names) {
      if (!name.starts_with(kTrainPrefix)) continue;
      const std::string term = name.substr(kTrainPrefix.size());
      if (is_the_loss(table, term) || !known.insert(term).second) continue;
      terms.push_back(term);
    }
  }
  return terms;
}

}  // namespace hourglass::runs
