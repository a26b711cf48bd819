#include "hourglass/cli/interrupt.h"

#include "hourglass/core/terminal.h"

#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace hourglass::cli {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

bool on_terminal = false;

void request_stop(int /*signal*/) {
  if (stop_requested != 0) {
    // What stands on the line is left behind: the shell's prompt gets a new one.
    if (on_terminal && ::write(STDOUT_FILENO, "\n", 1) < 0) ::_exit(130);
    ::_exit(130);
  }
  stop_requested = 1;
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_requested = 0;
  on_terminal = is_terminal(stdout);
  previous_interrupt_ = std::signal(SIGINT, request_stop);
  previous_terminate_ = std::signal(SIGTERM, request_stop);
  previous_hang_up_ = std::signal(SIGHUP, request_stop);
  if (previous_hang_up_ == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, previous_interrupt_);
  std::signal(SIGTERM, previous_terminate_);
  std::signal(SIGHUP, previous_hang_up_);
}

bool InterruptGuard::requested() { return stop_requested != 0; }

}  // namespace hourglass::cli
