#include "hourglass/core/child_process.h"

#include <cerrno>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hourglass {
namespace {

void set_limits(const ChildLimits& limits) {
  const auto set = [](auto resource, int64_t most) {
    const rlimit limit{static_cast<rlim_t>(most), static_cast<rlim_t>(most)};
    ::setrlimit(resource, &limit);
  };
  if (limits.seconds > 0) set(RLIMIT_CPU, limits.seconds);
  if (limits.bytes == 0) return;
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (pages > 0) set(RLIMIT_AS, pages * ::sysconf(_SC_PAGESIZE) + limits.bytes);
}

/// A crash has its usual end, and what libraries print of it goes nowhere.
void become_silent() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGXCPU}) ::signal(signal, SIG_DFL);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
}

void write_all(int descriptor, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    done += static_cast<size_t>(count);
  }
}

std::string read_all(int descriptor) {
  std::string text;
  char bytes[4096];
  while (true) {
    const ssize_t count = ::read(descriptor, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(bytes, static_cast<size_t>(count));
  }
}

/// The child's life. Nothing of the parent's is flushed or taken down.
[[noreturn]] void live(const std::function<void()>& work, const ChildLimits& limits, int told) {
  become_silent();
  set_limits(limits);
  try {
    work();
  } catch (const std::exception& error) {
    write_all(told, error.what());
  } catch (...) {
    write_all(told, "unknown");
  }
  ::_exit(0);
}

bool crashed(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return !WIFEXITED(status);
}

}  // namespace

ChildEnd end_in_child(const std::function<void()>& work, const ChildLimits& limits) {
  int ends[2];  // of a pipe, for the exception's text
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) live(work, limits, ends[1]);
  ::close(ends[1]);
  ChildEnd end;
  if (child > 0) {
    end.error = read_all(ends[0]);
    end.crashed = crashed(child);
  }
  ::close(ends[0]);
  return end;
}

}  // namespace hourglass
