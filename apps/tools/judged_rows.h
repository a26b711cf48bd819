#pragma once

#include "hourglass/apps/tools/tool.h"

namespace hourglass::apps {

/// What a trained model is judged by, and what it learned from.
struct JudgedRows {
  SelectedRows evaluated;
  SelectedRows training;  ///< the training rows of the model; of --dataset for a third-party file
  /// Whether evaluated rows were trained on, which makes every figure look better.
  bool seen_in_training = false;
};

/// In which windows the training part of a series comes, where another series is judged.
enum class TrainingStride {
  Recorded,  ///< those that the model was trained on
  Judged     ///< those of its time steps that begin as far apart as the judged ones
};

/// As `select_rows`, but where nothing is said and there is no official test part, the recorded
/// validation rows are evaluated rather than all rows; with `every_class`, of a model of some classes
/// alone, all rows that it was not trained on. Prints a note when rows were trained on.
JudgedRows select_judged_rows(const evaluation::ExportedModel& model, const RowOptions& options,
                              const cli::CommandLine& line, RecordedNoise noise,
                              const OutputOptions& output,
                              TrainingStride stride = TrainingStride::Recorded);

}  // namespace hourglass::apps
