#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace hourglass {

/// What work may take in a child process; 0: as much as there is.
struct ChildLimits {
  int64_t bytes = 0;    ///< of memory, beyond what this process has
  int64_t seconds = 0;  ///< of the processor
};

/// How work ended there.
struct ChildEnd {
  bool crashed = false;  ///< by a signal, as after a wrong access or too many seconds
  std::string error;     ///< the text of an exception; empty: none
};

/// Does work in a child process, a copy of this one whose output nobody sees: for libraries of
/// others that damaged files make crash, which is the child's end then. Where no process is to be
/// had, nothing is done, and the end is a good one. Work must not use threads.
ChildEnd end_in_child(const std::function<void()>& work, const ChildLimits& limits = {});

}  // namespace hourglass
