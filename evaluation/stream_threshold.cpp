#include "hourglass/evaluation/stream_threshold.h"

#include "hourglass/core/quantile.h"
#include "hourglass/evaluation/score_tail.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

namespace hourglass::evaluation {
namespace {

std::string rule_text(const ThresholdKeeping& keeping) {
  return keeping.adapt ? keeping.adapt->text() : "none";
}

/// The scores without those that would spoil a fit for long: whose excess over the tail's start is
/// `kFarOut` times the median excess. Of an exponential tail one in a milliard is as far out.
std::vector<double> without_gross(const std::vector<double>& scores) {
  constexpr double kFarOut = 30;
  ScoreTail tail = score_tail(scores);
  if (tail.excesses.empty()) return scores;
  std::sort(tail.excesses.begin(), tail.excesses.end());
  const double most = tail.start + kFarOut * quantile_of_sorted(tail.excesses, 0.5);
  std::vector<double> kept;
  std::copy_if(scores.begin(), scores.end(), std::back_inserter(kept),
               [&](double score) { return score <= most; });
  return kept;
}

}  // namespace

std::optional<AdaptRule> AdaptRule::parse(const std::string& text) {
  if (const auto spot = SpotRule::parse(text)) return AdaptRule{*spot};
  if (const auto running = RunningRule::parse(text)) return AdaptRule{*running};
  return {};
}

std::string AdaptRule::text() const {
  return std::visit([](const auto& each) { return each.text(); }, rule);
}

StreamThreshold::StreamThreshold(double limit, const ThresholdKeeping& keeping)
    : limit_(limit), keeping_(keeping) {
  if (keeping_.running()) running_.emplace(*keeping_.running());
}

StreamThreshold::Verdict StreamThreshold::judge_running(double score) {
  Verdict verdict = {.threshold = running_->threshold(), .flag = true};
  if (!std::isfinite(score)) return verdict;
  verdict.deviations = running_->step(score);
  verdict.flag = *verdict.deviations > keeping_.running()->limit;
  return verdict;
}

StreamThreshold::Verdict StreamThreshold::judge(double score) {
  if (running_) return judge_running(score);
  Verdict verdict = {.threshold = threshold()};
  verdict.flag = !(score <= verdict.threshold);
  // Nothing is learned from −∞ either.
  if (!keeping_.adapt || !std::isfinite(score)) return verdict;
  if (spot_) {
    spot_->step(score);
  } else {
    calibrate(*keeping_.spot(), score);
  }
  return verdict;
}

void StreamThreshold::calibrate(const SpotRule& rule, double score) {
  first_scores_.push_back(score);
  const int64_t wanted = rule.depth + keeping_.calibration;
  if (std::ssize(first_scores_) < wanted) return;
  const std::vector<double> normal = without_gross(first_scores_);
  if (DriftSpot::can_start_from(rule, normal)) {
    spot_.emplace(rule, normal);
    first_scores_ = {};
  } else {
    // Scores that are all alike have no tail: goes on with the later half.
    first_scores_.erase(first_scores_.begin(), first_scores_.begin() + wanted / 2);
  }
}

nlohmann::json StreamThreshold::to_json() const {
  nlohmann::json object = {{"rule", rule_text(keeping_)}, {"limit", limit_}};
  if (!first_scores_.empty()) object["first_scores"] = first_scores_;
  if (spot_) object["spot"] = spot_->to_json();
  if (running_) object["running"] = running_->to_json();
  return object;
}

void StreamThreshold::restore(const formats::JsonFields& fields) {
  if (fields.get<std::string>("rule") != rule_text(keeping_)) {
    fields.fail("rule", "the `adapt` of this run, " + rule_text(keeping_));
  }
  if (fields.get<double>("limit") != limit_) fields.fail("limit", "that of `load_threshold`");
  first_scores_ = fields.get<std::vector<double>>("first_scores", {});
  spot_.reset();
  if (running_) running_->restore(fields.object("running"));
  if (const auto spot = fields.find_object("spot")) spot_ = DriftSpot::from_json(*spot);
}

}  // namespace hourglass::evaluation
