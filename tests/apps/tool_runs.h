#pragma once

#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::testing {

/// Trains a small model within a second: three epochs, unless `more` says otherwise; the path of its
/// best.pt.
inline std::filesystem::path small_checkpoint(const std::filesystem::path& folder,
                                              const std::string& program,
                                              const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"--out", folder,         "--threads",
                                        "1",     "--no-figures", "--quiet"};
  for (const auto& [name, value] : {std::pair("--epochs", "3"), std::pair("--batch-size", "64")}) {
    if (std::find(more.begin(), more.end(), name) != more.end()) continue;
    arguments.insert(arguments.end(), {name, value});
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  const ProgramResult result = run(program, arguments);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return folder / "best.pt";
}

/// A dense autoencoder of the digits with a code of two values.
inline std::filesystem::path digits_model(const TemporaryFolder& folder) {
  return small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "16,2"});
}

/// What a tool that has to succeed prints.
inline std::string run_tool_of(const std::string& tool, const std::vector<std::string>& arguments) {
  const auto result = run(tool, arguments);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return result.output;
}

/// Runs a tool that has to succeed, with --json and one thread, and parses what it prints.
inline nlohmann::json json_of(const std::string& tool, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "--threads", "1"});
  const ProgramResult result = run(tool, arguments);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return nlohmann::json::parse(result.output, nullptr, /*allow_exceptions=*/false);
}

/// Expects the exit code and a single line on standard error that has all `parts`.
inline void expect_refusal(const std::string& tool, const std::vector<std::string>& arguments,
                           int exit_code, std::initializer_list<std::string> parts) {
  const ProgramResult result = run(tool, arguments);
  EXPECT_EQ(result.exit_code, exit_code) << result.errors;
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  expect_contains(result.errors, parts);
}

}  // namespace hourglass::testing
