#pragma once

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/anomaly_score.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/mahalanobis.h"
#include "hourglass/evaluation/step_scores.h"
#include "hourglass/evaluation/threshold.h"
#include "hourglass/formats/data_card.h"
#include "hourglass/formats/json.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

/// How items are scored and where the limit lies.
struct DetectorOptions {
  AnomalyScore score = AnomalyScore::Auto;
  int64_t samples = 0;      ///< see `elbo_scorer`
  uint64_t seed = 1;        ///< likewise
  ThresholdRule threshold;  ///< from the scores of normal items
};

struct EnsembleMember;  // evaluation/anomaly_ensemble.h

/// A score, and the threshold above which an item is an anomaly to a model.
struct AnomalyDetector {
  DetectorOptions options;  ///< the score is not `Auto`
  double threshold = 0;
  std::optional<Mahalanobis> codes;  ///< of normal items; for the score of that name alone
  datasets::Scaling scaling;         ///< of the inputs
  std::string normal_rows;           ///< what it was fitted on, in words
  at::Tensor normal_scores;          ///< [N] float64; undefined in a detector from a file
  /// Of an ensemble, which scores items itself: the model at hand is the first of them.
  std::vector<std::shared_ptr<const EnsembleMember>> members = {};
  /// Of the time steps of a series, which are judged in the place of its windows; none: of items.
  std::optional<StepAverage> steps = {};
  /// With `steps`, that of the windows it was fitted to; none in a file of an earlier version.
  std::optional<int64_t> stride = {};
};

/// Items that are normal.
struct NormalRows {
  datasets::DatasetPtr rows;
  std::string text;           ///< what they are, in words
  datasets::Scaling scaling;  ///< of the inputs
};

/// Fits codes and threshold to normal items. Throws `Error` as the scorers, `fit_mahalanobis` and
/// `fit_threshold` do.
AnomalyDetector fit_detector(ExportedModel& model, const NormalRows& normal,
                             const DetectorOptions& options,
                             const datasets::BatchProgress& progress = {});

/// The scores that the detector's threshold is for.
AnomalyScorer scorer_of(ExportedModel& model, const AnomalyDetector& detector);

/// What the score is, with its unit, for titles: "negative ELBO at the mean code, nats".
std::string score_title(const AnomalyDetector& detector);

/// What it is called: "elbo", "ensemble".
std::string score_name(const AnomalyDetector& detector);

/// Everything but the normal scores as the JSON text of a file, with what the model is.
std::string detector_text(const AnomalyDetector& detector, const ExportedModel& model);

/// The inverse. Throws `Error` that names file and field for anything else, and where the file was
/// made with another model.
AnomalyDetector load_detector(const std::filesystem::path& path, const ExportedModel& model);

/// The same as JSON objects; `file` is where the object comes from.
nlohmann::json to_json(const AnomalyDetector& detector, const ExportedModel& model);
AnomalyDetector detector_from_json(const formats::JsonFields& fields, const ExportedModel& model,
                                   const std::string& file);

/// A threshold holds for values that are scaled as those it was fitted to: throws `Error` unless
/// the data's are. `file` is the detector's.
void expect_same_scaling(const AnomalyDetector& detector, const formats::DataCard& data,
                         const std::string& file);

}  // namespace hourglass::evaluation
