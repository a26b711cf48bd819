#include "hourglass/apps/tools/run_tables.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"
#include "hourglass/formats/json.h"
#include "hourglass/runs/run_title.h"

#include <fmt/format.h>

namespace hourglass::apps {

using namespace runs;
using namespace cli;
using nlohmann::json;

namespace {

bool readable(const ListedRun& run) { return run.state != RunState::Damaged; }

std::string title_of(const ListedRun& run) {
  return readable(run) ? system_name(run.record.recipe, run.record.variant) : "";
}

std::string best_text(const ListedRun& run) {
  return run.best ? fmt::format("{:.6g}", run.best->value) : "";
}

std::string best_epoch_text(const ListedRun& run) {
  return run.best ? std::to_string(run.best->epoch) : "";
}

std::string parameter_text(const ListedRun& run) {
  return run.record.parameters ? std::to_string(*run.record.parameters) : "";
}

std::string seconds_text(const ListedRun& run, int digits) {
  return readable(run) ? fmt::format("{:.{}g}", run.seconds, digits) : "";
}

json run_json(const ListedRun& run) {
  json object = {{"folder", run.folder.string()}, {"state", enum_name(run.state)}};
  if (!readable(run)) {
    object["problem"] = run.problem;
    return object;
  }
  object.update({{"variant", run.record.variant},
                 {"recipe", run.record.recipe},
                 {"data", run.record.data.name},
                 {"started", run.record.started},
                 {"epochs", {{"finished", run.finished_epochs}, {"asked_for", run.all_epochs}}},
                 {"monitor", run.monitor},
                 {"best", best_json(run.best)},
                 {"training_seconds", run.seconds},
                 {"parameters", formats::or_null(run.record.parameters)}});
  return object;
}

/// What both CSV files say of a run, beside its name.
const std::vector<std::string> kRunColumns = {"state",  "epochs",  "monitor",    "best",
                                              "epoch",  "seconds", "parameters", "variant",
                                              "recipe", "data",    "started"};

std::vector<std::string> run_cells(const ListedRun& run) {
  return {enum_name(run.state), std::to_string(run.finished_epochs),
          run.monitor,          run.best ? fmt::format("{}", run.best->value) : "",
          best_epoch_text(run), seconds_text(run, 6),
          parameter_text(run),  run.record.variant,
          run.record.recipe,    run.record.data.name,
          run.record.started};
}

std::string results_text(const RunComparison& comparison) {
  TextTable table({"run", "state", "epochs", "best", "of", "epoch", "seconds", "parameters"});
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const ListedRun& run = comparison.runs[i];
    table.add({comparison.names[i], enum_name(run.state),
               fmt::format("{}/{}", run.finished_epochs, run.all_epochs), best_text(run),
               run.monitor, best_epoch_text(run), seconds_text(run, 3),
               run.record.parameters ? with_thousands(*run.record.parameters) : ""});
  }
  return table.text("");
}

std::string options_text(const RunComparison& comparison) {
  if (comparison.runs.size() == 1) return "";
  std::vector<std::string> header = {"option"};
  header.insert(header.end(), comparison.names.begin(), comparison.names.end());
  TextTable table(header);
  for (const auto& difference : comparison.options) {
    std::vector<std::string> cells = {option_name(difference.option).substr(2)};
    for (const auto& value : difference.values) cells.push_back(value.empty() ? "-" : value);
    table.add(cells);
  }
  return "\n" + (table.empty() ? "all options are alike\n" : table.text(""));
}

}  // namespace

json best_json(const std::optional<BestValue>& best) {
  return best ? json{{"epoch", best->epoch}, {"value", best->value}} : json();
}

std::string run_list_text(const std::vector<ListedRun>& found,
                          const std::filesystem::path& folder) {
  TextTable table({"run", "best", "of", "epoch", "what", "data", "state"});
  for (const auto& run : found) {
    const auto name = run.folder.lexically_relative(folder.lexically_normal());
    table.add({name.empty() ? run.folder.string() : name.string(), best_text(run), run.monitor,
               best_epoch_text(run), title_of(run), run.record.data.name, run.state_text()});
  }
  return table.text("");
}

std::string run_list_csv(const std::vector<ListedRun>& found) {
  std::vector<std::string> header = {"folder"};
  header.insert(header.end(), kRunColumns.begin(), kRunColumns.end());
  std::string text = csv_line(header);
  for (const auto& run : found) {
    auto cells = run_cells(run);
    cells.insert(cells.begin(), run.folder.string());
    text += csv_line(cells);
  }
  return text;
}

json run_list_json(const std::vector<ListedRun>& found, const std::vector<std::string>& notes) {
  json list = json::array();
  for (const auto& run : found) list.push_back(run_json(run));
  return {{"runs", list}, {"notes", notes}};
}

std::string notes_text(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& note : notes) text += fmt::format("\nnote      {}\n", printable(note));
  return text;
}

std::string comparison_text(const RunComparison& comparison) {
  return results_text(comparison) + options_text(comparison);
}

std::string comparison_csv(const RunComparison& comparison) {
  std::vector<std::string> header = {"run", "folder"};
  header.insert(header.end(), kRunColumns.begin(), kRunColumns.end());
  // Options named like a column of results are told apart, as they are in run.json.
  for (const auto& difference : comparison.options)
    header.push_back("options." + difference.option);
  std::string text = csv_line(header);
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    std::vector<std::string> cells = {comparison.names[i], comparison.runs[i].folder.string()};
    const auto results = run_cells(comparison.runs[i]);
    cells.insert(cells.end(), results.begin(), results.end());
    for (const auto& difference : comparison.options) cells.push_back(difference.values[i]);
    text += csv_line(cells);
  }
  return text;
}

json comparison_json(const RunComparison& comparison) {
  json list = json::array(), options = json::object();
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    list.push_back(run_json(comparison.runs[i]));
    list.back()["name"] = comparison.names[i];
  }
  for (const auto& difference : comparison.options) options[difference.option] = difference.values;
  return {{"runs", list}, {"options", options}, {"notes", comparison.notes}};
}

}  // namespace hourglass::apps
