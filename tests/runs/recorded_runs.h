#pragma once

#include "hourglass/core/files.h"
#include "hourglass/runs/run_record.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::testing {

/// A run as its folder records it.
struct RecordedRunFiles {
  std::string variant = "dense";
  nlohmann::json options = {{"epochs", 3}, {"learning_rate", 0.001}};
  std::vector<double> losses = {0.3, 0.1, 0.2};  ///< of training and validation, an epoch each
  std::string column = "loss";                   ///< what the numbers are, if not losses
  std::string data = "digits", sha256 = "ab";
  /// How it ended, with results for all epochs of `losses`; none: no results.
  std::optional<training::RunEnd> end = training::RunEnd::Finished;
  int64_t best_epoch = 0;  ///< whose model was kept; 0: none is recorded
};

/// Writes run.json and metrics.csv of it; returns the folder.
inline std::filesystem::path write_run(const std::filesystem::path& folder,
                                       const RecordedRunFiles& run = {}) {
  create_folders(folder);
  runs::RunRecord record{.variant = run.variant,
                         .options = formats::RecordedOptions(run.options),
                         .data = {.name = run.data, .sha256 = run.sha256, .validation_rows = 10},
                         .parameters = 1234};
  if (run.end) {
    record.results = runs::RunResults{.end = *run.end, .epochs = std::ssize(run.losses)};
    record.results->best.epoch = run.best_epoch;
  }
  runs::write_run_record(folder, record);
  std::string text =
      fmt::format("epoch,train_{0},validation_{0},learning_rate,seconds\n", run.column);
  for (size_t i = 0; i < run.losses.size(); ++i) {
    text += fmt::format("{},{},{},0.001,0.5\n", i + 1, run.losses[i], run.losses[i]);
  }
  write_file_atomically(folder / "metrics.csv", text);
  return folder;
}

/// As if nobody had written for an hour.
inline void make_old(const std::filesystem::path& folder) {
  std::filesystem::last_write_time(
      folder / "metrics.csv",
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
}

}  // namespace hourglass::testing
