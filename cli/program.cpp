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
  std::fflush(stdout);  // what was said before the error stands before it
  fmt::print(stderr, "{} {}\n", styled(stderr, Style::Error, name + ":"), user_message(message));
  return exit_code;
}

}  // namespace

std::string user_message(const std::string& what) {
  return with_dashes(what.substr(0, what.find('\n')));
}

void print_note(std::FILE* stream, const std::string& note) {
  fmt::print(stream, "{}      {}\n", styled(stream, Style::Note, "note"), with_dashes(note));
}

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
