#include "hourglass/cli/program.h"

#include "hourglass/core/unfinished_files.h"
#include "hourglass/tests/support/support.h"

#include <filesystem>
#include <functional>
#include <new>
#include <stdexcept>

namespace hourglass::cli {
namespace {

using ProgramDeathTest = ::testing::Test;
using ::testing::ExitedWithCode;

/// As a destructor that throws.
void run_noexcept(const std::function<void()>& work) noexcept { work(); }

TEST(ProgramDeathTest, WhatNobodyCatchesEndsInOneLine) {
  EXPECT_EXIT(run_noexcept([] { throw std::bad_alloc(); }), ExitedWithCode(kFailed),
              "^cli_test: .*memory[^\n]*\n$");
  EXPECT_EXIT(run_noexcept([] { throw std::runtime_error("no more"); }), ExitedWithCode(kFailed),
              "^cli_test: no more\n$");
}

TEST(ProgramDeathTest, WhatNobodyCatchesLeavesNoUnfinishedFile) {
  const testing::TemporaryFolder folder;
  testing::write_file(folder / "half", "x");
  const UnfinishedFile half(folder / "half");
  // Files of a process are its own: the child marks another.
  EXPECT_EXIT(
      {
        testing::write_file(folder / "own", "x");
        const UnfinishedFile own(folder / "own");
        run_noexcept([] { throw std::bad_alloc(); });
      },
      ExitedWithCode(kFailed), "cli_test: ");
  EXPECT_TRUE(std::filesystem::exists(folder / "half"));
  EXPECT_FALSE(std::filesystem::exists(folder / "own"));
}

}  // namespace
}  // namespace hourglass::cli
