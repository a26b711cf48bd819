#pragma once

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/anomaly_detector.h"
#include "hourglass/evaluation/classes.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/item_names.h"
#include "hourglass/evaluation/ranking.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

/// What a detector says of N rows, and how right it is where that is known.
struct AnomalyFindings {
  double threshold = 0;
  at::Tensor scores;     ///< [N] float64
  at::Tensor labels;     ///< [N] int64, or undefined
  at::Tensor anomalous;  ///< [N] bool: the truth; undefined where nothing says it
  std::optional<Separation> separation;

  at::Tensor flags() const;  ///< [N] bool: above the threshold
  int64_t flagged() const;   ///< how many of them

  /// int64 [N]: positions, the highest score first, of equal scores the earlier row.
  at::Tensor strangest_first() const;
};

/// Scores all rows.
AnomalyFindings judge_rows(ExportedModel& model, const AnomalyDetector& detector,
                           const datasets::Dataset& rows,
                           const datasets::BatchProgress& progress = {});

/// Compares the findings with what classes and labels say, where there are both; the file need not
/// hold rows of each class.
void compare_with_classes(AnomalyFindings& findings, const NormalClasses& classes,
                          const std::vector<std::string>& class_names);

/// "row,label,score,flag" and a line a row; `names` say what stands under "row".
std::string scores_csv(const AnomalyFindings& findings, const ItemNames& names,
                       const std::vector<std::string>& class_names);

/// Threshold, counts and separation; null for no separation.
nlohmann::json to_json(const AnomalyFindings& findings, const AnomalyDetector& detector);

/// The same in lines for people, of rows that are called `rows`.
std::string findings_text(const AnomalyFindings& findings, const AnomalyDetector& detector,
                          const std::string& rows);

}  // namespace hourglass::evaluation
