#include "hourglass/core/child_process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace hourglass {
namespace {

TEST(ChildProcess, EndsAsItsWorkDoes) {
  bool done = false;
  ChildEnd end = end_in_child([&] { done = true; });
  EXPECT_FALSE(end.crashed);
  EXPECT_EQ(end.error, "");
  EXPECT_FALSE(done) << "a copy's work is the copy's alone";
  const std::string text(100'000, 'x');  // more than a pipe holds
  end = end_in_child([&] { throw std::runtime_error(text); });
  EXPECT_FALSE(end.crashed);
  EXPECT_EQ(end.error, text);
  end = end_in_child([] { throw 1; });
  EXPECT_EQ(end.error, "unknown");
}

TEST(ChildProcess, CrashesInThePlaceOfThisOne) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGKILL}) {
    EXPECT_TRUE(end_in_child([&] { std::raise(signal); }).crashed) << signal;
  }
}

TEST(ChildProcess, SaysNothingToTheTerminal) {
  ::testing::internal::CaptureStderr();
  end_in_child([] { std::fputs("libcrash: out of luck\n", stderr); });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(ChildProcess, TakesNoMoreMemoryThanItMay) {
  const auto take = [](size_t bytes) { std::vector<char>(bytes).back() = 1; };
  const ChildLimits limits = {.bytes = 100'000'000};
  EXPECT_EQ(end_in_child([&] { take(10'000'000); }, limits).error, "");
  EXPECT_EQ(end_in_child([&] { take(1'000'000'000); }, limits).error, "std::bad_alloc");
}

TEST(ChildProcess, TakesNoMoreTimeThanItMay) {
  const auto never_end = [] {
    volatile bool goes_on = true;
    while (goes_on) {
    }
  };
  EXPECT_TRUE(end_in_child(never_end, {.seconds = 1}).crashed);
}

}  // namespace
}  // namespace hourglass
