#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/anomaly_detector.h"
#include "hourglass/evaluation/anomaly_findings.h"
#include "hourglass/evaluation/classes.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

/// Whether a file is an ensemble's, by its name.
bool names_ensemble(const std::string& path);

/// The ensemble in a file, its models opened as the options say. Throws `Error` as
/// `evaluation::load_ensemble` and `open_model` do.
evaluation::AnomalyDetector open_ensemble(const std::string& path, const ModelOptions& options);

/// Which rows are to be judged, and how.
struct AnomalyQuestion {
  evaluation::DetectorOptions detector;
  evaluation::NormalClasses classes;
  std::string load_threshold;  ///< the file of a detector, in the place of fitting one; empty: none
  RowOptions rows = {.every_class = true};
  std::optional<evaluation::AnomalyDetector> ensemble = {};  ///< fitted already
  std::optional<SelectedRows> selected = {};                 ///< of `rows`, read already
};

/// What a detector says of selected rows.
struct JudgedAnomalies {
  evaluation::AnomalyDetector detector;
  SelectedRows rows;
  evaluation::AnomalyFindings found;
  evaluation::NormalClasses classes;  ///< those asked for, else those of the training
  /// Classes that are anomalies, though the model was trained on them.
  std::vector<std::string> anomalies_in_training;
};

/// Fits the detector to the normal ones of the model's training rows, or reads it, and judges the
/// rows. Where no classes are named, those that the model was trained on are normal if the data have
/// others. Notes say when the model has seen anomalies, or rows that it is to judge.
JudgedAnomalies judge_anomalies(evaluation::ExportedModel& model, const AnomalyQuestion& asked,
                                const cli::CommandLine& line, const OutputOptions& output);

}  // namespace hourglass::apps
