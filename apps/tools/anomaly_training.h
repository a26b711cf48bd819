#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/core/fields.h"
#include "hourglass/evaluation/anomaly_ensemble.h"
#include "hourglass/runs/sweep.h"
#include "hourglass/sources/data_options.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace hourglass::apps {

// What `detect_anomalies --train` makes of rows that nobody has labelled, a few per cent of which may
// be anomalies. Two kinds of models look at them, each in its way:
//
// - Does a row fit what most rows share? Dense autoencoders whose loss leaves out the 30 % of each
//   batch that they reconstruct worst (`trim`); scored by reconstruction.
// - Is a row alone where it lies? Denoising autoencoders that are shown three values in ten
//   (`corruption` mask:0.7); scored by the Mahalanobis distance of the code.
//
// Both are D-64-32-32-32-64-D on standardised values, and trained for 200 steps of 256 rows: longer,
// and they learn the anomalies, too. docs/anomaly.md has what they reach together.

/// What it leaves in the folder of the results.
inline constexpr const char *kMembersFolder = "members", *kEnsembleFile = "detector.json",
                            *kReportFile = "report.html";

/// The threshold where none is asked for. No rule knows how many of the rows are anomalies; this one
/// flags as many as it says.
inline constexpr evaluation::ThresholdRule kUnlabelledThreshold = {
    evaluation::ThresholdKind::Quantile, 0.95};

struct AnomalyTraining {
  bool train = false;
  int64_t members = 4;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// The data as they are to be trained on: all rows; a table is standardised and has no label unless
/// the command line says otherwise.
sources::DataOptions unlabelled_data(sources::DataOptions data, const cli::CommandLine& line);

/// `members` models of each kind, with `seed` and those that follow it, in run folders below `folder`,
/// on the device and with the threads of `model`. It reads the data.
runs::SweepPlan plan_members(const sources::DataOptions& data, const AnomalyTraining& asked,
                             uint64_t seed, const ModelOptions& model,
                             const std::filesystem::path& folder);

/// Trains them, and loads them. What an interrupted call finished is kept, and what it began goes on.
/// Empty when it was interrupted. Throws `Error` where the folder has members of other data.
std::vector<evaluation::MemberModel> train_members(const runs::SweepPlan& plan,
                                                   const OutputOptions& output);

}  // namespace hourglass::apps
