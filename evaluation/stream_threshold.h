#pragma once

#include "hourglass/evaluation/running_deviation.h"
#include "hourglass/evaluation/spot.h"
#include "hourglass/formats/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hourglass::evaluation {

/// How a threshold follows a stream of scores.
struct AdaptRule {
  std::variant<SpotRule, RunningRule> rule;

  /// "spot:0.0001", "dspot:0.0001,100", "running:5,120".
  static std::string expects() { return SpotRule::expects() + ", or " + RunningRule::expects(); }
  static std::optional<AdaptRule> parse(const std::string& text);
  std::string text() const;
};

/// How a stream's threshold is kept.
struct ThresholdKeeping {
  std::optional<AdaptRule> adapt;  ///< none: the limit is fixed
  int64_t calibration = 1000;      ///< scores to start from; `kFewestTailScores` at least

  /// The rule, where it is one of these; else null.
  const SpotRule* spot() const { return adapt ? std::get_if<SpotRule>(&adapt->rule) : nullptr; }
  const RunningRule* running() const {
    return adapt ? std::get_if<RunningRule>(&adapt->rule) : nullptr;
  }
};

/// Judges scores as they come: by a limit at first, and by a threshold that follows them once there
/// are enough to start from. These count as normal whatever the limit says, as in the paper, but for
/// gross outliers (30 times the median excess of the tail). A running rule needs no limit and nothing
/// to start from. What it says of a score depends on that
/// and those before. Memory is constant.
class StreamThreshold {
 public:
  struct Verdict {
    double threshold = 0;  ///< that the score was compared with
    bool flag = false;     ///< above it, or not a number
    /// Of a running rule, what `RunningDeviation::step` says: a flag is one above the rule's limit.
    std::optional<double> deviations = {};
  };

  StreamThreshold(double limit, const ThresholdKeeping& keeping);

  Verdict judge(double score);

  /// Whether the threshold follows the scores by now.
  bool follows() const { return spot_ || running_; }
  double threshold() const {
    return running_ ? running_->threshold() : spot_ ? spot_->threshold() : limit_;
  }

  /// All that coming verdicts depend on.
  nlohmann::json to_json() const;

  /// Takes the state of another one, which must have been kept by the same rule. Throws `Error` that
  /// names file and field.
  void restore(const formats::JsonFields& fields);

 private:
  double limit_;
  ThresholdKeeping keeping_;
  std::vector<double> first_scores_;  // until there are enough
  std::optional<DriftSpot> spot_;
  std::optional<RunningDeviation> running_;

  Verdict judge_running(double score);
  void calibrate(const SpotRule& rule, double score);
};

}  // namespace hourglass::evaluation
