#pragma once

#include "hourglass/core/files.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

// Runs of trainers as their users start them.

namespace hourglass::cli {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::ProgramResult;
using testing::RunningProgram;
using testing::TemporaryFolder;
using testing::wait_until;
using Arguments = std::vector<std::string>;

/// dense_autoencoder on the embedded digits, small and quick, into `folder`.
inline Arguments small_run(const fs::path& folder, const Arguments& more = {}) {
  Arguments arguments = {"--out", folder,      "--epochs", "6",           "--batch-size",
                         "64",    "--threads", "1",        "--no-figures"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

inline ProgramResult train(const Arguments& arguments) {
  return testing::run("dense_autoencoder", arguments);
}

inline nlohmann::json read_json(const fs::path& path) {
  return nlohmann::json::parse(read_file(path));
}

/// Expects the exit code and a single line on standard error that has all `parts`.
inline void expect_error(const ProgramResult& result, int exit_code,
                         std::initializer_list<std::string> parts) {
  EXPECT_EQ(result.exit_code, exit_code) << result.errors;
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  expect_contains(result.errors, parts);
}

inline constexpr const char* kState = "last.safetensors";

/// Expects two runs to have gone the same way, to the bit: all but the seconds.
inline void expect_same_run(const fs::path& a, const fs::path& b) {
  const runs::MetricsTable left = runs::read_metrics(a / "metrics.csv"),
                           right = runs::read_metrics(b / "metrics.csv");
  ASSERT_EQ(left.names, right.names);
  for (const auto& name : left.names) {
    if (name == "seconds") continue;
    EXPECT_EQ(left.column(name), right.column(name)) << name;
  }
  // All that resuming needs: weights, every optimizer's state, the best weights, the cursor.
  EXPECT_EQ(read_file(a / kState), read_file(b / kState));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  EXPECT_TRUE(at::equal(evaluation::ExportedModel::load(a / "best.pt").reconstruct(x),
                        evaluation::ExportedModel::load(b / "best.pt").reconstruct(x)));
}

}  // namespace hourglass::cli
