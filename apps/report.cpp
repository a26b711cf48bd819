// Writes a run as one HTML page that opens without anything else.
//
//   report runs/mine                      runs/mine/report.html
//   report runs/mine --out mine.html

#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/run_report.h"
#include "hourglass/core/printable.h"
#include "hourglass/runs/run_record.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace hourglass::apps {

using namespace cli;

namespace {

int report(const OutputOptions& options, const CommandLine& line) {
  const std::filesystem::path folder = line.positional.front();
  // A folder of no run is said as such, not as one to write into.
  if (options.out.empty()) runs::read_run_record(folder);
  const auto path = output_file(options, (folder / "report.html").string());
  std::string page;
  {
    StageLine stage(options);
    page = report_page(folder, [&](const std::string& what) { stage.show(what); });
  }
  write_output(path, page);
  if (options.json) {
    fmt::print("{}\n", nlohmann::json{{"file", path.string()}}.dump(2));
  } else if (path != "-" && !options.quiet) {
    fmt::print("{}\n", printable(path.string()));
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  OutputOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "report",
      .summary = "Writes a run as one HTML page: results, pictures, options, commands.",
      .positional = "RUN_DIR",
      .examples = {"report runs/mine", "report runs/mine --out mine.html --force"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return report(options, line); });
}
