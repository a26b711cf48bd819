#pragma once

#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/anomaly_training.h"
#include "hourglass/apps/tools/score_stream.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/step_scores.h"

#include <cstdint>
#include <string>

namespace hourglass::apps {

/// The options of `detect_anomalies`.
struct DetectOptions {
  AnomalyQuestion asked;
  AnomalyTraining training;
  StreamOptions stream;
  std::string save_threshold;
  evaluation::StepAverage step_average = evaluation::StepAverage::Mean;
  int64_t worst = 16;
  ModelOptions model;
  OutputOptions output;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that contradict each other.
void check(const DetectOptions& options, const cli::CommandLine& line);

/// The same for options that mean nothing to the model, or to the time steps of a series.
void check_for_model(const DetectOptions& options, const evaluation::ExportedModel& model,
                     bool series, const cli::CommandLine& line);

/// What is read and which threshold is fitted where --train is given.
void settle_training(DetectOptions& options, const cli::CommandLine& line);

}  // namespace hourglass::apps
