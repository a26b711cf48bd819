#pragma once

#include "hourglass/evaluation/anomaly_detector.h"
#include "hourglass/evaluation/robust_scale.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// Several models that judge together: what one takes for normal by chance, others do not. Scores of
// each are put on one scale, spreads above the median of its training rows; those of models with the
// same score (reconstruction, mahalanobis) are averaged, and the averages are added, so that each
// score has the same say:
//
//   s(x) = Σ over scores of the mean over their models of (sₘ(x) − medianₘ) / spreadₘ
//
// The scale is a robust one, since training rows may hold anomalies: see `fit_common_scale`.

/// A model of an ensemble, and how its scores are read.
struct EnsembleMember {
  std::shared_ptr<ExportedModel> model;
  AnomalyDetector detector;  ///< of this model alone; its threshold plays no part
  RobustScale scale;         ///< of its scores of the training rows
};

/// A model, and what it is to be asked.
struct MemberModel {
  std::shared_ptr<ExportedModel> model;
  AnomalyScore score = AnomalyScore::Auto;
};

/// Fits all members to the same rows, and the threshold to the scores that they give together.
/// Throws `Error` as `fit_detector` does. There is at least one member.
AnomalyDetector fit_ensemble(const std::vector<MemberModel>& members, const NormalRows& training,
                             const ThresholdRule& threshold,
                             const std::function<void(size_t member)>& begins = {});

/// The sum above. The members' models must not be in use by others at the same time.
AnomalyScorer ensemble_scorer(const AnomalyDetector& ensemble);

/// The ensemble as the JSON text of a file in `folder`, below which the members' models lie.
std::string ensemble_text(const AnomalyDetector& ensemble, const std::filesystem::path& folder);

/// Loads one model, for `load_ensemble`.
using ModelLoader =
    std::function<std::shared_ptr<ExportedModel>(const std::filesystem::path& path)>;

/// The inverse of `ensemble_text`. Throws `Error` that names file and field, and where a model is
/// not there or not the one of the ensemble.
AnomalyDetector load_ensemble(const std::filesystem::path& path, const ModelLoader& load);

}  // namespace hourglass::evaluation
