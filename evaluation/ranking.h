#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace hourglass::evaluation {

// How well scores separate positive items (anomalies, say) from negative ones; a higher score means
// more positive. `scores` is [N] of any floating type, `positive` is bool [N]. Every function
// throws `Error` when the lengths differ or a score is not finite; all but `confusion_at` and
// `measure_separation` when there is no positive or no negative item.

/// One point for each distinct score from high to low, items at or above it counted as positive;
/// the first point, at an infinite threshold, is (0, 0).
struct RocCurve {
  std::vector<double> thresholds, false_positive_rate, true_positive_rate;
};

RocCurve roc_curve(const at::Tensor& scores, const at::Tensor& positive);

/// Area under the ROC curve: the probability that a random positive item scores higher than a
/// random negative one, ties counted as half.
double auroc(const at::Tensor& scores, const at::Tensor& positive);

/// Average precision: Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores from high to low, without
/// interpolation, as in scikit-learn.
double average_precision(const at::Tensor& scores, const at::Tensor& positive);

/// Counts of decisions: true or false, positive or negative. A ratio without cases is 0.
struct Confusion {
  int64_t true_positives = 0;
  int64_t false_positives = 0;
  int64_t true_negatives = 0;
  int64_t false_negatives = 0;

  double precision() const;            ///< of the items flagged, the part that is positive
  double recall() const;               ///< of the positive items, the part that is flagged
  double false_positive_rate() const;  ///< of the negative items, the part that is flagged
  double f1() const;                   ///< harmonic mean of precision and recall
};

/// An item is flagged when its score is above the threshold.
Confusion confusion_at(const at::Tensor& scores, const at::Tensor& positive, double threshold);

/// How well a score separates the two, all in all.
struct Separation {
  double auroc = 0;
  double average_precision = 0;
  Confusion confusion;  ///< at a threshold
};

/// None where all items are of one kind.
std::optional<Separation> measure_separation(const at::Tensor& scores, const at::Tensor& positive,
                                             double threshold);

}  // namespace hourglass::evaluation
