#include "hourglass/cli/interrupt.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace hourglass::cli {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

bool is_on_terminal[3];  // standard input, output and errors

void request_stop(int /*signal*/) {
  if (stop_requested != 0) {
    // What stands on the line is left behind: the shell's prompt gets a new one.
    if (is_on_terminal[STDOUT_FILENO] && ::write(STDOUT_FILENO, "\n", 1) < 0) ::_exit(130);
    ::_exit(130);
  }
  stop_requested = 1;
}

/// What is printed from now on goes nowhere, instead of failing. Shells and the system may both
/// send the signal, so that a second one hurries nobody.
void hang_up(int /*signal*/) {
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (nowhere >= 0 && is_on_terminal[stream]) ::dup2(nowhere, stream);
  }
  stop_requested = 1;
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_requested = 0;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    is_on_terminal[stream] = ::isatty(stream) != 0;
  }
  previous_interrupt_ = std::signal(SIGINT, request_stop);
  previous_terminate_ = std::signal(SIGTERM, request_stop);
  previous_hang_up_ = std::signal(SIGHUP, hang_up);
  if (previous_hang_up_ == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, previous_interrupt_);
  std::signal(SIGTERM, previous_terminate_);
  std::signal(SIGHUP, previous_hang_up_);
}

bool InterruptGuard::requested() { return stop_requested != 0; }

}  // namespace hourglass::cli
