#pragma once

#include "hourglass/apps/tools/tool.h"

#include <string>
#include <vector>

namespace hourglass::apps {

/// What a trained model is judged by, and what it learned from.
struct JudgedRows {
  SelectedRows evaluated;
  SelectedRows training;  ///< the training rows of the model; of --dataset for a third-party file
  /// Whether evaluated rows were trained on, which makes every figure look better.
  bool seen_in_training = false;
};

/// As `select_rows`, but where nothing is said and there is no official test part, the recorded
/// validation rows are evaluated rather than all rows. Prints a note when rows were trained on.
JudgedRows select_judged_rows(const evaluation::ExportedModel& model, const RowOptions& options,
                              const cli::CommandLine& line, RecordedNoise noise,
                              const OutputOptions& output);

/// SHA-256 of the checkpoint's file: what is saved beside a threshold or an index, which are of use
/// with this very model alone.
std::string model_sha256(const evaluation::ExportedModel& model);

/// Throws `Error` unless `recorded`, the SHA-256 that `file` was made with, is the checkpoint's.
void expect_same_model(const evaluation::ExportedModel& model, const std::string& recorded,
                       const std::string& file);

/// JSON that a tool wrote, from a file. Throws `Error` when it is none.
nlohmann::json read_json_file(const std::string& path);

}  // namespace hourglass::apps
