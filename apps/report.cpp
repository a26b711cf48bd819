// Writes a run as one HTML page that opens without anything else.
//
//   report runs/mine                      runs/mine/report.html
//   report runs/mine --out mine.html
//   report theirs --untrusted             of a stranger's run, none of whose files is run

#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/recorded_run.h"
#include "hourglass/cli/run_model.h"
#include "hourglass/cli/run_report.h"
#include "hourglass/core/files.h"
#include "hourglass/runs/run_record.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace hourglass::apps {

using namespace cli;

namespace {

struct ReportOptions {
  RunModelOptions model;
  OutputOptions output;

  void describe(FieldTable& table);
};

void ReportOptions::describe(FieldTable& table) {
  model.describe(table);
  output.describe(table);
}

std::string page_of(const RecordedRun& run, const OutputOptions& output) {
  StageLine stage(output);
  return report_page(run, [&](const std::string& what) { stage.show(what); });
}

int report(const ReportOptions& options, const CommandLine& line) {
  const OutputOptions& output = options.output;
  const std::filesystem::path folder = line.positional.front();
  // A folder of no run is said as such, not as one to write into.
  if (output.out.empty()) runs::read_run_record(folder);
  const auto path = output_file(output, (folder / "report.html").string());
  const RecordedRun run(without_slash(folder), options.model);
  write_output(path, page_of(run, output));
  if (options.model.untrusted && !run.model()) {
    note(output, "no measures, layers and commands of the model: " + run.model_problem());
  }
  if (output.json) {
    fmt::print("{}\n", nlohmann::json{{"file", path.string()}}.dump(2));
  } else if (path != "-" && !output.quiet) {
    print_path(path);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  ReportOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "report",
      .summary = "Writes a run as one HTML page: results, pictures, options, commands.",
      .positional = "RUN_DIR",
      .examples = {"report runs/mine", "report runs/mine --out mine.html --force",
                   "report theirs --untrusted --out theirs.html"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return report(options, line); });
}
