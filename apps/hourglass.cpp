// Runs any of the suite's programs: `hourglass dense_autoencoder --epochs 5`. The only command that
// `cmake --install` puts on the path; the programs lie in ../libexec/hourglass, or beside this one
// in a build folder.
//
//   hourglass                            what there is
//   hourglass dense_autoencoder --help   the same as: hourglass help dense_autoencoder
//   hourglass --version

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/man_page.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/program_list.h"
#include "hourglass/cli/version.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/terminal.h"
#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace hourglass::apps {

using namespace cli;

namespace {

namespace fs = std::filesystem;

/// As the programs say themselves when Hourglass is built.
const std::vector<ListedProgram>& programs() {
  static const std::vector<ListedProgram> all = {
#include "programs.h"
  };
  return all;
}

std::vector<std::string> program_names() {
  std::vector<std::string> names;
  for (const auto& program : programs()) names.push_back(program.name);
  return names;
}

constexpr const char* kSummary = "Autoencoders: train, inspect and run them";

void show_usage() {
  fmt::print("{}.\n\nUsage: hourglass PROGRAM [OPTION...]\n", kSummary);
  for (const auto& group : grouped(programs())) {
    TextTable table({});
    for (const auto& program : group.programs) table.add({program.name, program.summary});
    fmt::print("\n{}\n{}", styled(stdout, Style::Heading, group.heading),
               table.text("  ", line_width(stdout)));
  }
  fmt::print(
      "\n`hourglass help PROGRAM` lists the options of one, `hourglass --version` the versions.\n");
}

/// hourglass.1, beside the pages of the programs.
void write_page(const fs::path& folder) {
  ManPage page("hourglass", kSummary);
  page.synopsis("hourglass", "PROGRAM [OPTION...]");
  page.section("PROGRAMS");
  for (const auto& group : grouped(programs())) {
    page.subsection(group.heading);
    for (const auto& program : group.programs) page.entry(program.name, "", program.summary);
  }
  page.section("SEE ALSO");
  page.paragraph("The manual page of a program is hourglass-PROGRAM(1).");
  create_folders(folder);
  write_file_atomically(folder / "hourglass.1", page.text());
}

fs::path program_folder() {
  const fs::path own = fs::read_symlink("/proc/self/exe");
  const fs::path installed = own.parent_path().parent_path() / "libexec" / "hourglass";
  return fs::is_directory(installed) ? installed : own.parent_path();
}

/// Threads of OpenMP that wait for work look for it as long as the fused engine's do
/// (training/fused/team.cpp), 0.2 ms, and then sleep. By themselves they look for many
/// milliseconds: with two busy programs beside it, opening a table took 5 to 20 s instead of 4.
/// OpenMP reads this before a program's `main`, so that who starts the program has to say it.
void let_waiting_threads_sleep() {
  if (environment("OMP_WAIT_POLICY").empty()) ::setenv("GOMP_SPINCOUNT", "5000", /*replace=*/0);
}

/// Becomes the program; `arguments` begin with its name.
int start(std::vector<std::string> arguments) {
  const auto names = program_names();
  const std::string& name = arguments.front();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw UsageError("expected a program, found '{}'{}; `hourglass --help` lists them", name,
                     suggestion(name, names));
  }
  const fs::path program = program_folder() / name;
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  let_waiting_threads_sleep();
  ::execv(program.c_str(), argv.data());
  throw Error("cannot start {}: {}", program.string(), std::strerror(errno));
}

int run(const std::vector<std::string>& arguments) {
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "--write-pages" && arguments.size() == 2) {
    write_page(arguments.back());
  } else if (first == "help" && arguments.size() == 2) {
    return start({arguments.back(), "--help"});
  } else if (first == "--version") {
    fmt::print("{}", version_text("hourglass"));
  } else if (first.empty() || first == "help" || first == "--help" || first == "-h") {
    show_usage();
    return first.empty() ? kWrongUsage : kDone;
  } else {
    return start(arguments);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  return hourglass::cli::run_program("hourglass", [&] {
    return hourglass::apps::run({argv + 1, argv + argc});
  });
}
