// Runs any of the suite's programs: `hourglass dense_autoencoder --epochs 5`. The only command that
// `cmake --install` puts on the path; the programs lie in ../libexec/hourglass, or beside this one
// in a build folder.

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

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

fs::path program_folder() {
  const fs::path own = fs::read_symlink("/proc/self/exe");
  const fs::path installed = own.parent_path().parent_path() / "libexec" / "hourglass";
  return fs::is_directory(installed) ? installed : own.parent_path();
}

std::vector<std::string> program_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (entry.is_regular_file() && name != "hourglass") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void show_usage(const std::vector<std::string>& names) {
  fmt::print(
      "Usage: hourglass PROGRAM [OPTION…]\n\nAutoencoders: train, inspect and run them. "
      "Programs:\n");
  for (const auto& name : names) fmt::print("  {}\n", name);
  fmt::print("\n`hourglass PROGRAM --help` lists the options of one.\n");
}

int start(int argc, char** argv) {
  const fs::path folder = program_folder();
  const auto names = program_names(folder);
  const std::string name = argc > 1 ? argv[1] : "--help";
  if (name == "--help" || name == "-h") {
    show_usage(names);
    return argc > 1 ? kDone : kWrongUsage;
  }
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw UsageError("expected a program, found '{}'{}; `hourglass --help` lists them", name,
                     suggestion(name, names));
  }
  ::execv((folder / name).c_str(), argv + 1);
  throw Error("cannot start {}: {}", (folder / name).string(), std::strerror(errno));
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  return hourglass::cli::run_program("hourglass",
                                     [&] { return hourglass::apps::start(argc, argv); });
}
