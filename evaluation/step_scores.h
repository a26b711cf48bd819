#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/series_windows.h"
#include "hourglass/evaluation/errors.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace hourglass::evaluation {

// A time step of a series is in several windows that overlap, and each of these says what it should
// have been.

/// How what the windows say of a step becomes one number.
enum class StepAverage { Mean, Median };
constexpr auto names_of(StepAverage) {
  return std::to_array<EnumName<StepAverage>>(
      {{StepAverage::Mean, "mean"}, {StepAverage::Median, "median"}});
}

/// What was found of each of T time steps; NaN where no window holds the step.
struct StepScores {
  at::Tensor scores;           ///< [T] float64: mean squared error over the channels that are known,
                               ///< NaN where none is
  at::Tensor reconstructions;  ///< [T, C] float64: the mean of what the windows say
};

/// Scores each step of a series of `steps` by the windows that hold it. `windows` are some windows of
/// the series, ascending, whose numbers are `Batch::rows`: window i begins with step i · stride. The
/// memory is that of the steps, and for the median N more numbers for each step of a few thousand.
StepScores score_steps(const Reconstructor& reconstruct, const datasets::Dataset& windows,
                       const datasets::WindowForm& form, int64_t steps,
                       StepAverage average = StepAverage::Mean,
                       const datasets::BatchProgress& progress = {});

/// The steps that were scored: int64, ascending.
at::Tensor scored_steps(const StepScores& found);

/// Flagged steps that belong together.
struct Alert {
  int64_t first = 0, last = 0;  ///< steps, both of them flagged
  int64_t flagged = 0;          ///< steps from first to last
  int64_t worst = 0;            ///< the step with the highest score
  double score = 0;             ///< its score
};

/// Steps with scores [T] above the threshold, in the order of time; those with fewer than `apart`
/// other steps between them are one alert.
std::vector<Alert> alerts_of(const at::Tensor& scores, double threshold, int64_t apart);

}  // namespace hourglass::evaluation
