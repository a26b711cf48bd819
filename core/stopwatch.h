#pragma once

#include <chrono>

namespace hourglass {

/// Seconds since it was started, and what it had counted before.
class Stopwatch {
 public:
  double seconds() const {
    return before_ + std::chrono::duration<double>(Clock::now() - start_).count();
  }
  void restart(double before = 0) {
    before_ = before;
    start_ = Clock::now();
  }

 private:
  using Clock = std::chrono::steady_clock;
  double before_ = 0;
  Clock::time_point start_ = Clock::now();
};

}  // namespace hourglass
