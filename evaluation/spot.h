#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/formats/json.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Thresholds that follow a stream of scores, by Siffer, Fouque, Termier & Largouet: "Anomaly Detection
// in Streams with Extreme Value Theory", KDD 2017. Two things are otherwise:
//
// Memory does not grow with the stream. Where the paper keeps all peaks, these keep the last
// `kMostPeaks` for the fit, and count the others.
//
// Scores a little above the threshold teach as well. In the paper none does, so that the highest
// normal scores, which are flagged by design, are missing in the fit: the tail seems to end there,
// the threshold sinks, and more are missing. Of 200,000 scores of an exponential, a normal and a heavy
// tail, 4 to 10 times as many were flagged as the risk says; so it is 1.0 to 1.4 times as many.

namespace hourglass::evaluation {

/// Peaks that a distribution is fitted to.
inline constexpr int64_t kMostPeaks = 500;

/// SPOT, or with a depth DSPOT.
struct SpotRule {
  double risk = 1e-4;  ///< in (0, 0.02): how likely a normal score is to be flagged
  int64_t depth = 0;   ///< see DriftSpot

  static constexpr int64_t kDepth = 100, kDeepest = 100'000;

  /// "spot:0.0001", "dspot:0.0001,100"; "spot" and "dspot" for these numbers.
  static std::string expects();
  static std::optional<SpotRule> parse(const std::string& text);
  std::string text() const;
};

/// Peaks over threshold: what lies above the 98 % quantile of normal scores is a peak, and the
/// excesses of peaks follow a generalised Pareto distribution, which tells the score that a normal
/// one surpasses with the given risk. Each peak changes the fit, unless it is gross: one that a normal
/// score is `kGross` times less likely to be.
class Spot {
 public:
  /// Whether a tail can be fitted to these: at least `kFewestTailScores`, with ten that lie above
  /// their 98 % quantile.
  static bool can_start_from(std::span<const double> normal_scores);

  /// Throws `Error` unless it can start from the scores.
  Spot(double risk, std::span<const double> normal_scores);

  /// How much rarer than the risk a score is that teaches nothing.
  static constexpr double kGross = 100;

  /// Whether the next score is an anomaly: above the threshold as it was before. The score is finite.
  bool step(double score);

  /// For the next score.
  double threshold() const { return threshold_; }

  /// All that `step` depends on.
  nlohmann::json to_json() const;

  /// The inverse. Throws `Error` that names file and field.
  static Spot from_json(const formats::JsonFields& fields);

 private:
  Spot() = default;
  void add_peak(double excess);
  void update_threshold();

  double risk_ = 0;
  double start_ = 0;  // of the tail
  double threshold_ = 0, gross_ = 0;
  int64_t scores_ = 0, peaks_ = 0;  // so far
  std::vector<double> excesses_;    // of the last peaks, as a ring: the next goes to place peaks_
};

/// The mean of the last values, one after the other.
class MovingMean {
 public:
  /// Of as many values as there are, at least one.
  explicit MovingMean(std::span<const double> values);

  double mean() const { return sum_ / static_cast<double>(values_.size()); }

  /// The oldest value goes, this one comes.
  void slide(double value);

  /// All that the following means depend on, to the last bit.
  nlohmann::json to_json() const;
  static MovingMean from_json(const formats::JsonFields& fields);

 private:
  std::vector<double> values_;  // a ring
  size_t oldest_ = 0;
  double sum_ = 0;
};

/// Spot on what is left of scores when the mean of the `depth` normal scores before is taken off:
/// slow changes of the level are followed. A sudden one that stays is an anomaly for good, as
/// anomalies do not move the mean. Depth 0 takes nothing off.
class DriftSpot {
 public:
  /// Whether it can start from these: `depth` scores for the first mean, and what Spot needs.
  static bool can_start_from(const SpotRule& rule, std::span<const double> normal_scores);

  /// `normal_scores` in the order in which they came. Throws `Error` unless it can start from them.
  DriftSpot(const SpotRule& rule, std::span<const double> normal_scores);

  bool step(double score);                                          ///< as Spot's
  double threshold() const { return level() + spot_.threshold(); }  ///< for the next score
  nlohmann::json to_json() const;
  static DriftSpot from_json(const formats::JsonFields& fields);

 private:
  DriftSpot(Spot spot, std::optional<MovingMean> mean);
  double level() const { return mean_ ? mean_->mean() : 0; }

  Spot spot_;
  std::optional<MovingMean> mean_;
};

}  // namespace hourglass::evaluation
