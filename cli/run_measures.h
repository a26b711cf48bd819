#pragma once

#include "hourglass/cli/recorded_run.h"
#include "hourglass/evaluation/assessment.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace hourglass::cli {

// A page is to be there soon: it is measured on a part of large data, rows spread evenly.
inline constexpr int64_t kMeasuredRows = 2'000;          ///< at most, that are judged
inline constexpr int64_t kMeasuredTrainingRows = 5'000;  ///< at most, that PCA, … are fitted on

/// How good a run's model is beside PCA of its size, or why that is not known.
struct RunMeasures {
  std::optional<evaluation::Assessment> found;
  std::string problem;        ///< why there are none: one line
  std::string rows;           ///< "359 validation rows", "2,000 of the 10,000 test rows"
  std::string training_rows;  ///< likewise
  bool seen_in_training = false;
};

/// Told what is at work.
using StageOfWork = std::function<void(const std::string& stage)>;

/// Reads the data that the run's model was trained on, and measures as `evaluate` does: the test
/// rows, else the validation rows, else the training rows. What goes wrong is the `problem`.
RunMeasures measure_run(const RecordedRun& run, const StageOfWork& say);

/// The section of a report; "" where there is no model.
std::string measure_section(const RecordedRun& run, const StageOfWork& say);

}  // namespace hourglass::cli
