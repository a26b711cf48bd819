#include "hourglass/cli/program.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/library_words.h"
#include "hourglass/core/error.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/terminal.h"
#include "hourglass/core/unfinished_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <unistd.h>

namespace hourglass::cli {
namespace {

bool output_was_closed = false;

int complain(const std::string& name, const std::string& message, int exit_code) {
  std::fflush(stdout);  // what was said before the error stands before it
  const std::string line =
      fmt::format("{} {}\n", styled(stderr, Style::Error, name + ":"), message);
  std::fputs(line.c_str(), stderr);  // not fmt::print, which throws where nobody can be told
  return exit_code;
}

/// What a library throws where nobody can catch it: destructors of LibTorch's and of the JSON
/// library's ask for memory. Programs end in one line then, too.
[[noreturn]] void end_in_one_line() {
  UnfinishedFile::remove_all();
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    try {
      complain(program_invocation_short_name, words_of(error), kFailed);
    } catch (const std::exception&) {
      std::fputs("out of memory\n", stderr);
    }
    ::_exit(kFailed);
  } catch (...) {
  }
  std::abort();
}

// Before main(), which asks for memory.
[[maybe_unused]] const auto kHandlerBefore = std::set_terminate(end_in_one_line);

/// LibTorch takes its operators down one by one, for half as long as it took to start. What runs at
/// an exit runs in the reverse order of its registration, so this comes before.
void end_without_destructors() {
#ifndef __SANITIZE_ADDRESS__  // whose search for leaks comes at the very end
  ::on_exit(
      [](int exit_code, void*) {
        std::fflush(nullptr);
        ::_exit(exit_code);
      },
      nullptr);
#endif
}

/// A file that is opened takes the lowest free number: with standard output closed (`>&-`)
/// metrics.csv would be number 1, and get what is printed.
void keep_standard_streams_apart() {
  for (int taken = 0; taken <= STDERR_FILENO;) {
    taken = ::open("/dev/null", O_RDWR);
    if (taken < 0) return;
    if (taken == STDOUT_FILENO) output_was_closed = true;
    if (taken > STDERR_FILENO) ::close(taken);
  }
}

}  // namespace

std::string user_message(const std::exception& error) { return with_dashes(words_of(error)); }

void print_note(std::FILE* stream, const std::string& note) {
  fmt::print(stream, "{}      {}\n", styled(stream, Style::Note, "note"),
             printable(with_dashes(note)));
}

bool standard_output_is_open() { return !output_was_closed; }

int run_program(const std::string& name, const std::function<int()>& work) {
  keep_standard_streams_apart();
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on files is an error as a full disk is
  end_without_destructors();
  try {
    const int exit_code = work();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return complain(name, "cannot write to standard output", kFailed);
    }
    return exit_code;
  } catch (const UsageError& error) {
    return complain(name, user_message(error), kWrongUsage);
  } catch (const std::exception& error) {
    return complain(name, user_message(error), kFailed);
  }
}

}  // namespace hourglass::cli
