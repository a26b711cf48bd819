#pragma once

namespace hourglass::cli {

/// While one exists, Ctrl-C (SIGINT) and SIGTERM only ask to stop; a second one ends the program at
/// once with exit code 130. So does the end of the terminal (SIGHUP, unless `nohup` has it
/// ignored), once or several times; what is printed to the terminal then is lost. The previous
/// handlers come back at the end of the scope.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Whether a stop has been asked for in this scope.
  static bool requested();

 private:
  void (*previous_interrupt_)(int);
  void (*previous_terminate_)(int);
  void (*previous_hang_up_)(int);
};

}  // namespace hourglass::cli
