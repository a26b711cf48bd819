#include "hourglass/cli/program.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/core/error.h"
#include "hourglass/core/terminal.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>

namespace hourglass::cli {
namespace {

int complain(const std::string& name, const std::string& message, int exit_code) {
  // LibTorch's messages go on with a stack trace; users need the first line alone.
  const std::string line = with_dashes(message.substr(0, message.find('\n')));
  std::fflush(stdout);  // what was said before the error stands before it
  fmt::print(stderr, "{} {}\n", styled(stderr, Style::Error, name + ":"), line);
  return exit_code;
}

}  // namespace

int run_program(const std::string& name, const std::function<int()>& work) {
  try {
    const int exit_code = work();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return complain(name, "cannot write to standard output", kFailed);
    }
    return exit_code;
  } catch (const UsageError& error) {
    return complain(name, error.what(), kWrongUsage);
  } catch (const std::bad_alloc&) {
    return complain(name, "out of memory", kFailed);
  } catch (const std::exception& error) {
    return complain(name, error.what(), kFailed);
  }
}

}  // namespace hourglass::cli
