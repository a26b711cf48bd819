#include "hourglass/evaluation/running_deviation.h"

#include "hourglass/core/fields.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass::evaluation {
namespace {

constexpr const char* kName = "running";
constexpr double kLeastVariance = 1e-3;
constexpr int64_t kFewestScores = 2;

}  // namespace

std::string RunningRule::expects() {
  return fmt::format("running:K,ROWS (K above 0, ROWS of 1 to {})", kLongestRest);
}

std::optional<RunningRule> RunningRule::parse(const std::string& text) {
  if (text == kName) return RunningRule{};
  const std::string prefix = std::string(kName) + ":";
  if (!text.starts_with(prefix)) return {};
  const auto parts = split_text(text.substr(prefix.size()), ',');
  if (parts.empty() || parts.size() > 2) return {};
  RunningRule rule;
  const auto limit = TextCodec<double>::parse(parts.front());
  if (!limit || !(*limit > 0) || !std::isfinite(*limit)) return {};
  rule.limit = *limit;
  if (parts.size() == 1) return rule;
  const auto rest = parse_integer(parts[1]);
  if (!rest || *rest < 1 || *rest > kLongestRest) return {};
  rule.rest = *rest;
  return rule;
}

std::string RunningRule::text() const { return fmt::format("{}:{},{}", kName, limit, rest); }

double RunningDeviation::spread() const {
  return std::sqrt(squares_ / static_cast<double>(count_) + kLeastVariance);
}

double RunningDeviation::step(double score) {
  const double deviation = count_ < kFewestScores ? 0 : std::max(0.0, (score - mean_) / spread());
  const bool counts = surpasses_last(deviation);
  keep(deviation);
  ++count_;
  const double difference = score - mean_;
  mean_ += difference / static_cast<double>(count_);
  squares_ += difference * (score - mean_);
  return counts ? deviation : 0;
}

double RunningDeviation::threshold() const {
  if (count_ < kFewestScores) return std::numeric_limits<double>::infinity();
  return mean_ + rule_.limit * spread();
}

bool RunningDeviation::surpasses_last(double deviation) const {
  return std::all_of(last_.begin(), last_.end(), [&](double each) { return deviation > each; });
}

void RunningDeviation::keep(double deviation) {
  if (std::ssize(last_) < rule_.rest) return last_.push_back(deviation);
  last_[oldest_] = deviation;
  oldest_ = (oldest_ + 1) % last_.size();
}

nlohmann::json RunningDeviation::to_json() const {
  std::vector<double> in_order(last_.begin() + static_cast<int64_t>(oldest_), last_.end());
  in_order.insert(in_order.end(), last_.begin(), last_.begin() + static_cast<int64_t>(oldest_));
  return {{"count", count_}, {"mean", mean_}, {"squares", squares_}, {"last", in_order}};
}

void RunningDeviation::restore(const formats::JsonFields& fields) {
  count_ = fields.get<int64_t>("count");
  mean_ = fields.get<double>("mean");
  squares_ = fields.get<double>("squares");
  last_ = fields.get<std::vector<double>>("last");
  oldest_ = 0;
  if (count_ < 0) fields.fail("count", "a number of scores");
  if (!(squares_ >= 0)) fields.fail("squares", "a number of at least 0");
  if (std::ssize(last_) > std::min(rule_.rest, count_)) {
    fields.fail("last", fmt::format("at most {} deviations", std::min(rule_.rest, count_)));
  }
}

}  // namespace hourglass::evaluation
