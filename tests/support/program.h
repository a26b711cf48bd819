#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hourglass::testing {

/// What a finished program left behind.
struct ProgramResult {
  int exit_code = 0;  ///< 128 + the signal's number when a signal ended it
  std::string output, errors;
};

/// Where an executable of ours is; `name` as in build/bin, or a whole path.
std::filesystem::path program_path(const std::string& name);

/// In a new process, before its program: signals end it as they do from a terminal, even where the
/// tests themselves were started by `nohup`, or behind a script's `&`.
void take_usual_signals();

/// One of our executables, running beside the test.
class RunningProgram {
 public:
  /// `name` as for `program_path`; `environment` has variables to add, "RANK=0".
  RunningProgram(const std::string& name, const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment = {});
  ~RunningProgram();  ///< kills it, should it still run
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void send(int signal) const;
  bool running();
  ProgramResult wait();

 private:
  std::filesystem::path output_, errors_;
  pid_t process_;
  int status_ = 0;
  bool reaped_ = false;
};

/// Runs one of our executables to its end.
ProgramResult run(const std::string& name, const std::vector<std::string>& arguments);

/// Waits until `condition` holds; fails the test when it does not within a minute.
void wait_until(const std::function<bool()>& condition);

}  // namespace hourglass::testing
