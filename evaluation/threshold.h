#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

namespace hourglass::evaluation {

enum class ThresholdKind { Quantile, Sigma, Mad, Tail };

/// How a threshold follows from the scores of normal items; scores above it are anomalies.
struct ThresholdRule {
  ThresholdKind kind = ThresholdKind::Quantile;
  /// Quantile: Q in (0, 1); the share Q of the normal scores lies at or below it.
  /// Sigma: K; mean + K standard deviations.
  /// Mad: K; median + K · 1.4826 · median absolute deviation, which outliers hardly move and which
  /// equals Sigma on normally distributed scores.
  /// Tail: P in (0, 0.02); the score that a normal item exceeds with probability P, which may be
  /// far beyond the highest score seen.
  double amount = 0.99;

  /// "quantile:0.99", "sigma:3", "mad:3.5", "tail:0.0001".
  static std::string expects();
  static std::optional<ThresholdRule> parse(const std::string& text);
  std::string text() const;
};

/// The threshold for `normal_scores` [N].
///
/// Tail is peaks over threshold (Siffer et al.: "Anomaly detection in streams with extreme value
/// theory", KDD 2017): a generalised Pareto distribution is fitted to the excesses over the 98 %
/// quantile by probability-weighted moments (Hosking & Wallis: "Parameter and quantile estimation
/// for the generalized Pareto distribution", 1987).
///
/// Throws `Error` when a score is not finite, when there are no scores (Tail: fewer than 500), or
/// when all scores of the tail are equal.
double fit_threshold(const at::Tensor& normal_scores, const ThresholdRule& rule);

}  // namespace hourglass::evaluation
