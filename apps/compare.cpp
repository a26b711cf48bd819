// Compares runs: their curves in one picture, what they reached, and the options that differ. Of one
// folder that holds runs, it lists all: how they stand, and their best value.
//
//   compare runs/a runs/b runs/c          a table, comparison/curves.png and comparison/runs.csv
//   compare runs/                         all runs in the folder, best first
//   compare theirs --bits-per-dimension --untrusted      runs nothing of a stranger's run

#include "hourglass/apps/tools/bits_per_dimension.h"
#include "hourglass/apps/tools/run_tables.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/metric_curves.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/run_model.h"
#include "hourglass/core/error.h"
#include "hourglass/figures/picture.h"

#include <fmt/format.h>

#include <limits>

namespace hourglass::apps {

using namespace runs;
using namespace cli;

namespace {

struct CompareOptions {
  RunModelOptions model;
  OutputOptions output;
  bool log_scale = false, bits_per_dimension = false;

  void describe(FieldTable& table);
};

void CompareOptions::describe(FieldTable& table) {
  model.describe(table);
  output.describe(table);
  table.add("log_scale", log_scale, "curves over a logarithmic axis");
  table.add("bits_per_dimension", bits_per_dimension,
            "curves of the loss alone, in bits for each value of an item; of variational models, "
            "whose loss is a bound of -log p(x)");
}

int list(const std::filesystem::path& folder, const CommandLine& line,
         const OutputOptions& output) {
  // First, so that a folder without runs is said as such.
  const auto found = list_runs(folder);
  refuse_options({"log_scale", "bits_per_dimension"}, line,
                 fmt::format("is of curves: expected runs, found {}, a folder of runs, which are "
                             "listed; name those to compare",
                             folder.string()));
  const auto file = output.out.empty() ? std::filesystem::path() : output_file(output, "");
  if (!file.empty()) write_output(file, run_list_csv(found));
  const auto notes = comparison_notes(found);
  if (output.json) {
    fmt::print("{}\n", run_list_json(found, notes).dump(2));
  } else if (file == "-") {
    // Standard output is the table for programs.
    for (const auto& text : notes) note(output, text);
  } else {
    fmt::print("{}{}", run_list_text(found, folder), output.quiet ? "" : notes_text(notes));
  }
  return kDone;
}

std::vector<NamedMetrics> curves_of(const RunComparison& comparison,
                                    const CompareOptions& options) {
  std::vector<NamedMetrics> curves;
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const ListedRun& run = comparison.runs[i];
    curves.push_back({comparison.names[i], options.bits_per_dimension
                                               ? bits_per_dimension(run, options.model)
                                               : run.metrics});
  }
  return curves;
}

MetricCurveOptions look_of(const CompareOptions& options) {
  return {.title = "",
          .log_scale = options.log_scale,
          .loss_name = options.bits_per_dimension ? "bits per dimension" : "loss"};
}

int compare(const CommandLine& line, const CompareOptions& options) {
  const bool draws = figures::figures_available();
  if (!draws) note(options.output, "no curves: this build draws no pictures");
  std::vector<std::string> files = {"runs.csv"};
  if (draws) files.insert(files.begin(), "curves.png");
  const RunComparison comparison = compare_runs({line.positional.begin(), line.positional.end()});
  const std::vector<NamedMetrics> curves = curves_of(comparison, options);
  const auto folder = output_folder(options.output, "comparison", files);
  if (draws) {
    const auto picture = draw_metric_curves(curves, look_of(options));
    if (picture) picture->save(folder / "curves.png");
    if (!picture) files.erase(files.begin());
  }
  write_output(folder / "runs.csv", comparison_csv(comparison));
  if (options.output.json) {
    fmt::print("{}\n", comparison_json(comparison).dump(2));
    return kDone;
  }
  fmt::print("{}", comparison_text(comparison));
  if (options.output.quiet) return kDone;
  fmt::print("{}\n", notes_text(comparison.notes));
  for (const auto& file : files) print_path(folder / file);
  return kDone;
}

int run(const CommandLine& line, const CompareOptions& options) {
  const std::filesystem::path first = line.positional.front();
  const bool holds_runs = line.positional.size() == 1 && !is_run(first);
  return holds_runs ? list(first, line, options.output) : compare(line, options);
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  CompareOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "compare",
      .summary = "Compares runs, or lists the runs in a folder, best first.",
      .positional = "RUN...",
      .examples = {"compare runs/a runs/b", "compare runs/a runs/b --out a-and-b --log-scale",
                   "compare runs/", "compare runs/ --json"}};
  return run_tool(program, table, argc, argv, 1, std::numeric_limits<size_t>::max(),
                  [&](const CommandLine& line) { return run(line, options); });
}
