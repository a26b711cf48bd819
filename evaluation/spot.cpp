#include "hourglass/evaluation/spot.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/generalized_pareto.h"
#include "hourglass/evaluation/score_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kFewestPeaks = 10;

/// The scores behind those that the first mean is of.
std::span<const double> behind(std::span<const double> scores, int64_t depth) {
  return scores.subspan(std::min(static_cast<size_t>(depth), scores.size()));
}

/// What is left of the scores behind the first `depth`, one after the other; slides `mean` along.
std::vector<double> without_level(std::span<const double> scores, MovingMean& mean) {
  std::vector<double> left;
  for (const double score : scores) {
    left.push_back(score - mean.mean());
    mean.slide(score);
  }
  return left;
}

}  // namespace

// ---- The rule

std::string SpotRule::expects() {
  return fmt::format(
      "spot:Q or dspot:Q,D (Q above 0 and below {:.2g}; D of 1 to {} scores), or spot, dspot",
      kTailShare, with_thousands(kDeepest));
}

std::optional<SpotRule> SpotRule::parse(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  if (name != "spot" && name != "dspot") return {};
  SpotRule rule = {.depth = name == "dspot" ? kDepth : 0};
  if (colon == std::string::npos) return rule;
  const auto parts = split_text(text.substr(colon + 1), ',');
  if (parts.size() != (rule.depth > 0 ? 2 : 1)) return {};
  const auto risk = parse_double(parts.front());
  if (!risk || !(*risk > 0) || !(*risk < kTailShare)) return {};
  rule.risk = *risk;
  if (rule.depth == 0) return rule;
  const auto depth = parse_integer(parts.back());
  if (!depth || *depth < 1 || *depth > kDeepest) return {};
  rule.depth = *depth;
  return rule;
}

std::string SpotRule::text() const {
  return depth == 0 ? fmt::format("spot:{}", risk) : fmt::format("dspot:{},{}", risk, depth);
}

// ---- Spot

bool Spot::can_start_from(std::span<const double> normal_scores) {
  return normal_scores.size() >= kFewestTailScores &&
         std::ssize(score_tail(normal_scores).excesses) >= kFewestPeaks;
}

Spot::Spot(double risk, std::span<const double> normal_scores)
    : risk_(risk), scores_(std::ssize(normal_scores)) {
  if (!can_start_from(normal_scores)) {
    throw Error("spot: expected at least {} normal scores, with {} above their {:.0f} % quantile",
                kFewestTailScores, kFewestPeaks, 100 * (1 - kTailShare));
  }
  const ScoreTail tail = score_tail(normal_scores);
  start_ = tail.start;
  for (const double excess : tail.excesses) add_peak(excess);
  update_threshold();
}

bool Spot::step(double score) {
  const bool anomaly = score > threshold_;
  if (score > gross_) return anomaly;
  ++scores_;
  if (score > start_) {
    add_peak(score - start_);
    update_threshold();
  }
  return anomaly;
}

void Spot::add_peak(double excess) {
  if (peaks_ < kMostPeaks) {
    excesses_.push_back(excess);
  } else {
    excesses_[static_cast<size_t>(peaks_ % kMostPeaks)] = excess;
  }
  ++peaks_;
}

void Spot::update_threshold() {
  const double share = static_cast<double>(peaks_) / static_cast<double>(scores_);
  const GeneralizedPareto tail = fit_by_likelihood(excesses_);
  // Finite, however heavy the tail: the state is kept as JSON.
  const auto surpassed_with = [&](double risk) {
    return std::min(start_ + tail.surpassed_with(std::min(1.0, risk / share)),
                    std::numeric_limits<double>::max());
  };
  threshold_ = surpassed_with(risk_);
  gross_ = surpassed_with(risk_ / kGross);
}

nlohmann::json Spot::to_json() const {
  return {{"risk", risk_},     {"start", start_}, {"threshold", threshold_}, {"gross", gross_},
          {"scores", scores_}, {"peaks", peaks_}, {"excesses", excesses_}};
}

Spot Spot::from_json(const formats::JsonFields& fields) {
  Spot spot;
  spot.risk_ = fields.get<double>("risk");
  spot.start_ = fields.get<double>("start");
  spot.threshold_ = fields.get<double>("threshold");
  spot.gross_ = fields.get<double>("gross");
  spot.scores_ = fields.get<int64_t>("scores");
  spot.peaks_ = fields.get<int64_t>("peaks");
  spot.excesses_ = fields.get<std::vector<double>>("excesses");
  if (spot.peaks_ < 1 || spot.scores_ < spot.peaks_) fields.fail("peaks", "1 to all scores");
  if (std::ssize(spot.excesses_) != std::min(spot.peaks_, kMostPeaks)) {
    fields.fail("excesses", fmt::format("{} numbers", std::min(spot.peaks_, kMostPeaks)));
  }
  return spot;
}

// ---- The level

MovingMean::MovingMean(std::span<const double> values)
    : values_(values.begin(), values.end()), sum_(std::reduce(values.begin(), values.end())) {}

void MovingMean::slide(double value) {
  sum_ += value - std::exchange(values_[oldest_], value);
  oldest_ = (oldest_ + 1) % values_.size();
  // Rounding errors do not add up for longer than a round.
  if (oldest_ == 0) sum_ = std::reduce(values_.begin(), values_.end());
}

nlohmann::json MovingMean::to_json() const {
  return {{"values", values_}, {"oldest", oldest_}, {"sum", sum_}};
}

MovingMean MovingMean::from_json(const formats::JsonFields& fields) {
  const auto values = fields.get<std::vector<double>>("values");
  const auto oldest = fields.get<int64_t>("oldest");
  if (values.empty()) fields.fail("values", "at least one number");
  if (oldest < 0 || oldest >= std::ssize(values)) fields.fail("oldest", "a place of the values");
  MovingMean mean(values);
  mean.oldest_ = static_cast<size_t>(oldest);
  mean.sum_ = fields.get<double>("sum");
  return mean;
}

// ---- DriftSpot

bool DriftSpot::can_start_from(const SpotRule& rule, std::span<const double> normal_scores) {
  if (std::ssize(normal_scores) < rule.depth + static_cast<int64_t>(kFewestTailScores))
    return false;
  if (rule.depth == 0) return Spot::can_start_from(normal_scores);
  MovingMean mean(normal_scores.first(static_cast<size_t>(rule.depth)));
  return Spot::can_start_from(without_level(behind(normal_scores, rule.depth), mean));
}

DriftSpot::DriftSpot(const SpotRule& rule, std::span<const double> normal_scores)
    : DriftSpot([&]() -> DriftSpot {
        if (rule.depth == 0) return {Spot(rule.risk, normal_scores), {}};
        const auto depth = std::min(static_cast<size_t>(rule.depth), normal_scores.size());
        MovingMean mean(normal_scores.first(depth));
        Spot spot(rule.risk, without_level(behind(normal_scores, rule.depth), mean));
        return {std::move(spot), std::move(mean)};
      }()) {}

DriftSpot::DriftSpot(Spot spot, std::optional<MovingMean> mean)
    : spot_(std::move(spot)), mean_(std::move(mean)) {}

bool DriftSpot::step(double score) {
  if (spot_.step(score - level())) return true;
  if (mean_) mean_->slide(score);
  return false;
}

nlohmann::json DriftSpot::to_json() const {
  nlohmann::json object = {{"spot", spot_.to_json()}};
  if (mean_) object["mean"] = mean_->to_json();
  return object;
}

DriftSpot DriftSpot::from_json(const formats::JsonFields& fields) {
  std::optional<MovingMean> mean;
  if (const auto of_mean = fields.find_object("mean")) mean = MovingMean::from_json(*of_mean);
  return {Spot::from_json(fields.object("spot")), std::move(mean)};
}

}  // namespace hourglass::evaluation
