#pragma once

#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/step_scores.h"

#include <string>
#include <vector>

namespace hourglass::apps {

// Anomalies among the time steps of a series, rather than among its windows.

/// What is asked of a series.
struct SeriesQuestion {
  AnomalyQuestion asked;
  evaluation::StepAverage average = evaluation::StepAverage::Mean;
  std::string save_threshold;  ///< a file; empty: none
};

/// What a detector says of the time steps of a series.
struct JudgedSeries {
  evaluation::AnomalyDetector detector;
  SelectedRows windows;
  evaluation::StepScores found;           ///< of all steps of the series
  std::vector<evaluation::Alert> alerts;  ///< flagged steps less than a window apart

  const datasets::Series& series() const { return *windows.splits.series; }

  /// What a step is called: its time, else its number.
  std::string name_of(int64_t step) const;
};

/// Whether the data to look at are a series.
bool looks_at_series(const evaluation::ExportedModel& model, const RowOptions& rows,
                     const cli::CommandLine& line);

/// Fits the detector to the steps of the training windows, cut with the stride of those to judge, or
/// reads it, and judges the steps of the selected windows. Throws `UsageError` for scores and classes
/// that time steps have not, `Error` where a detector from a file was fitted with another stride.
JudgedSeries judge_series(evaluation::ExportedModel& model, const SeriesQuestion& question,
                          const cli::CommandLine& line, const OutputOptions& output);

/// Judges, writes the files and prints what was found. Returns the program's exit code.
int detect_in_series(evaluation::ExportedModel& model, const SeriesQuestion& question,
                     const cli::CommandLine& line, const OutputOptions& output);

}  // namespace hourglass::apps
