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
#include "hourglass/cli/version.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/terminal.h"
#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace hourglass::apps {

using namespace cli;

namespace {

namespace fs = std::filesystem;

struct Program {
  std::string name, group, summary;
};

/// As the programs say themselves when Hourglass is built.
const std::vector<Program>& programs() {
  static const std::vector<Program> all = {
#include "programs.h"
  };
  return all;
}

std::vector<std::string> program_names() {
  std::vector<std::string> names;
  for (const auto& program : programs()) names.push_back(program.name);
  return names;
}

/// Their headings, in the order of the list.
std::vector<std::string> groups() {
  std::vector<std::string> groups;
  for (const auto& program : programs()) {
    if (std::find(groups.begin(), groups.end(), program.group) == groups.end()) {
      groups.push_back(program.group);
    }
  }
  return groups;
}

constexpr const char* kSummary = "Autoencoders: train, inspect and run them";

void show_usage() {
  fmt::print("{}.\n\nUsage: hourglass PROGRAM [OPTION...]\n", kSummary);
  for (const auto& group : groups()) {
    TextTable table({});
    for (const auto& program : programs()) {
      if (program.group == group) table.add({program.name, program.summary});
    }
    fmt::print("\n{}\n{}", styled(stdout, Style::Heading, group),
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
  for (const auto& group : groups()) {
    page.subsection(group);
    for (const auto& program : programs()) {
      if (program.group == group) page.entry(program.name, "", program.summary);
    }
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
