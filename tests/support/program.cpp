#include "hourglass/tests/support/program.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hourglass::testing {
namespace {

namespace fs = std::filesystem;

fs::path temporary_file() {
  std::string name = (fs::temp_directory_path() / "hourglass-program-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) throw Error("cannot create a temporary file {}", name);
  ::close(descriptor);
  return name;
}

void redirect(int descriptor, const fs::path& file) {
  const int opened = ::open(file.c_str(), O_WRONLY | O_TRUNC);
  ::dup2(opened, descriptor);
  ::close(opened);
}

}  // namespace

void take_usual_signals() {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
}

fs::path program_path(const std::string& name) { return fs::path(HOURGLASS_BIN) / name; }

RunningProgram::RunningProgram(const std::string& name, const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment)
    : output_(temporary_file()), errors_(temporary_file()) {
  const std::string path = program_path(name).string();
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  process_ = ::fork();
  if (process_ == 0) {
    take_usual_signals();
    redirect(STDOUT_FILENO, output_);
    redirect(STDERR_FILENO, errors_);
    for (const auto& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }
}

RunningProgram::~RunningProgram() {
  if (running()) {
    send(SIGKILL);
    ::waitpid(process_, &status_, 0);
  }
  fs::remove(output_);
  fs::remove(errors_);
}

void RunningProgram::send(int signal) const { ::kill(process_, signal); }

bool RunningProgram::running() {
  if (!reaped_) reaped_ = ::waitpid(process_, &status_, WNOHANG) == process_;
  return !reaped_;
}

ProgramResult RunningProgram::wait() {
  if (!reaped_) ::waitpid(process_, &status_, 0);
  reaped_ = true;
  const int exit_code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  return {exit_code, read_file(output_), read_file(errors_)};
}

ProgramResult run(const std::string& name, const std::vector<std::string>& arguments) {
  return RunningProgram(name, arguments).wait();
}

void wait_until(const std::function<bool()>& condition) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited a minute in vain";
    std::this_thread::sleep_for(5ms);
  }
}

}  // namespace hourglass::testing
