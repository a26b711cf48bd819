#pragma once

#include "hourglass/training/trainer.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace hourglass::runs {

/// What `metrics.csv` holds.
struct MetricsTable {
  std::vector<std::string> names;            ///< of the columns
  std::vector<std::vector<double>> columns;  ///< a value each epoch
  std::string source = "metrics";            ///< what errors name: the file, where it is of one

  /// The column of that name. Throws `Error` when there is none.
  const std::vector<double>& column(const std::string& name) const;
  bool has(const std::string& name) const;
};

/// Text behind the last line feed is passed over: a row that is being written, or was when the
/// program was killed. Throws `Error` when the file is missing or another row is not whole.
MetricsTable read_metrics(const std::filesystem::path& path);

/// What tells the header and the rows of epochs 1 … `epochs` from others: a SHA-256 that takes in a
/// row after the other. Seconds are left out, so that runs that repeat have the same. Throws
/// `Error` where such rows are missing.
std::string metrics_digest(const std::filesystem::path& path, int64_t epochs);

/// Writes `metrics.csv`: a row an epoch, with the system before the next epoch begins, and on the
/// disk before a checkpoint that needs it.
///
/// Columns: epoch, train_loss, validation_loss, the raw terms and metrics of both, learning_rate,
/// seconds.
class MetricsFile : public training::Hook {
 public:
  /// The header is there at once: `names` are what the run reports of an epoch. Keeps the rows of
  /// epochs 1 … `finished_epochs` of an existing file and drops what follows, a half-written row
  /// included. Throws `Error` when such rows are missing, or have other columns.
  MetricsFile(const std::filesystem::path& path, int64_t finished_epochs,
              const std::vector<std::string>& names, bool has_validation);

  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& state) override;

  /// Returns once all rows are on the disk, with the `metrics_digest` of the first `epochs`.
  std::string flush(int64_t epochs) const;

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  int64_t epochs_;
  std::string digest_;  // of all rows
};

}  // namespace hourglass::runs
