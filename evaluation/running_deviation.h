#pragma once

#include "hourglass/formats/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

/// When a score is out of the ordinary of its own past.
struct RunningRule {
  double limit = 5;    ///< > 0: deviations above which a score is an anomaly
  int64_t rest = 120;  ///< ≥ 1: rows after one in which only a stranger one counts

  static constexpr int64_t kLongestRest = 100'000;

  /// "running:5,120"; "running" for these numbers.
  static std::string expects();
  static std::optional<RunningRule> parse(const std::string& text);
  std::string text() const;
};

/// How many standard deviations a score lies above the mean of all scores before it:
///
///   zₜ = max(0, (sₜ − μₜ) / √(σₜ² + 0.001)),  μₜ and σₜ² of s₁ … sₜ₋₁
///
/// with nothing forgotten, so that a change that stays is told once. What has just been told is not
/// told again: a deviation counts for 0 unless it surpasses those of the `rest` rows before. The
/// small number keeps a stream that has been constant from alarming at its first bit of noise; scores
/// are errors of standardised values, of which it is a thousandth.
class RunningDeviation {
 public:
  explicit RunningDeviation(const RunningRule& rule) : rule_(rule) {}

  /// Of the next score, which then belongs to the past; 0 for the first two. The score is finite.
  double step(double score);

  /// The score that would have `rule.limit` deviations now; infinite before the third.
  double threshold() const;

  /// All that `step` depends on.
  nlohmann::json to_json() const;

  /// Takes the state of another one. Throws `Error` that names file and field.
  void restore(const formats::JsonFields& fields);

 private:
  RunningRule rule_;
  int64_t count_ = 0;
  double mean_ = 0, squares_ = 0;  // Σ (s − μ)², by Welford's sums
  std::vector<double> last_;       // deviations of the last rows, as a ring
  size_t oldest_ = 0;

  double spread() const;
  bool surpasses_last(double deviation) const;
  void keep(double deviation);
};

}  // namespace hourglass::evaluation
