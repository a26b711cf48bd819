#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <string>

// What work takes of memory at its peak. Sanitizers multiply it: such tests have `LoadingMemory` in
// their suite's name, by which scripts/sanitize.sh leaves them out.

namespace hourglass::testing {

/// Memory of this process in bytes, by its name in /proc/self/status: VmRSS now, VmHWM at its peak.
inline int64_t memory_in_use(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1)) * 1024;
  }
  return -1;
}

/// Expects `peak` bytes to be at most `most` times `size`, and records how often they are.
inline void expect_times(int64_t peak, int64_t size, double most) {
  const double times = static_cast<double>(peak) / static_cast<double>(size);
  ::testing::Test::RecordProperty("times_the_file", fmt::format("{:.2f}", times));
  EXPECT_LE(times, most);
  EXPECT_GE(times, 0.5) << "nothing was read, or nothing is measured";
}

/// Expects `work` to take at most `most` times `size` bytes more at its peak than there was before.
/// Skips the test where that cannot be told.
inline void expect_peak(int64_t size, double most, const std::function<void()>& work) {
  ::malloc_trim(0);  // what was freed and kept would be taken again unseen
  std::ofstream("/proc/self/clear_refs") << 5;
  const int64_t before = memory_in_use("VmRSS");
  if (memory_in_use("VmHWM") > before + size / 4) {
    GTEST_SKIP() << "the system does not forget a peak";
  }
  work();
  expect_times(memory_in_use("VmHWM") - before, size, most);
}

}  // namespace hourglass::testing
