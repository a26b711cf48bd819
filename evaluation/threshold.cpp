#include "hourglass/evaluation/threshold.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/robust_scale.h"
#include "hourglass/evaluation/score_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr double kMostTailProbability = 0.02;  // where Siffer et al. let the tail begin
constexpr double kTailQuantile = 1 - kMostTailProbability;
constexpr size_t kFewestTailScores = 500;  // ten excesses

/// The names of the rules, and the amounts allowed: above the first limit, below the second.
struct RuleForm {
  ThresholdKind kind;
  std::string_view prefix;
  double above, below;
};
constexpr RuleForm kRuleForms[] = {
    {ThresholdKind::Quantile, "quantile:", 0, 1},
    {ThresholdKind::Sigma, "sigma:", 0, HUGE_VAL},
    {ThresholdKind::Mad, "mad:", 0, HUGE_VAL},
    {ThresholdKind::Tail, "tail:", 0, kMostTailProbability},
};

double sigma_threshold(const std::vector<double>& scores, double count) {
  const auto n = static_cast<double>(scores.size());
  double mean = 0, variance = 0;
  for (const double score : scores) mean += score / n;
  for (const double score : scores) variance += (score - mean) * (score - mean) / n;
  return mean + count * std::sqrt(variance);
}

/// A generalised Pareto distribution in Hosking and Wallis's form: an excess is larger than x with
/// probability (1 − shape·x / scale)^(1 / shape), or e^(−x / scale) where shape = 0.
struct Pareto {
  double scale, shape;

  /// The excess that is surpassed with this probability.
  double surpassed_with(double probability) const {
    const double logarithm = std::log(probability);
    if (shape == 0) return -scale * logarithm;
    return -scale * std::expm1(shape * logarithm) / shape;
  }
};

/// By the moments α₀ = E[X] and α₁ = E[X·(1 − F(X))]; `excesses` rise and are positive.
Pareto fit_pareto(const std::vector<double>& excesses) {
  const auto n = static_cast<double>(excesses.size());
  double mean = 0, weighted = 0;
  for (size_t i = 0; i < excesses.size(); ++i) {
    const double position = (static_cast<double>(i + 1) - 0.35) / n;  // estimates F at the excess
    mean += excesses[i] / n;
    weighted += excesses[i] * (1 - position) / n;
  }
  const double difference = mean - 2 * weighted;  // positive, as the excesses rise
  return {.scale = 2 * mean * weighted / difference, .shape = mean / difference - 2};
}

double tail_threshold(const std::vector<double>& sorted, double probability) {
  if (sorted.size() < kFewestTailScores) {
    throw Error("threshold tail: expected at least {} normal scores, found {}; use quantile or mad",
                kFewestTailScores, sorted.size());
  }
  const double start = quantile(sorted, kTailQuantile);
  std::vector<double> excesses;
  for (const double score : sorted) {
    if (score > start) excesses.push_back(score - start);
  }
  if (excesses.empty()) {
    throw Error("threshold tail: expected scores that differ, found the highest 2 % all {}", start);
  }
  const double tail_share =
      static_cast<double>(excesses.size()) / static_cast<double>(sorted.size());
  return start + fit_pareto(excesses).surpassed_with(std::min(1.0, probability / tail_share));
}

}  // namespace

std::string ThresholdRule::expects() {
  return fmt::format(
      "quantile:Q (Q above 0 and below 1), sigma:K or mad:K (K above 0), or tail:P (P above 0 and "
      "below {:.2g})",
      kMostTailProbability);
}

std::optional<ThresholdRule> ThresholdRule::parse(const std::string& text) {
  for (const auto& [kind, prefix, above, below] : kRuleForms) {
    if (!text.starts_with(prefix)) continue;
    const auto amount = TextCodec<double>::parse(text.substr(prefix.size()));
    if (!amount || *amount <= above || *amount >= below) return {};
    return ThresholdRule{kind, *amount};
  }
  return {};
}

std::string ThresholdRule::text() const {
  const auto* form = std::find_if(std::begin(kRuleForms), std::end(kRuleForms),
                                  [&](const RuleForm& each) { return each.kind == kind; });
  return fmt::format("{}{}", form->prefix, amount);
}

double fit_threshold(const at::Tensor& normal_scores, const ThresholdRule& rule) {
  std::vector<double> scores = score_list(normal_scores, "threshold");
  std::sort(scores.begin(), scores.end());
  switch (rule.kind) {
    case ThresholdKind::Quantile: return quantile(scores, rule.amount);
    case ThresholdKind::Sigma: return sigma_threshold(scores, rule.amount);
    case ThresholdKind::Mad: return fit_robust_scale(normal_scores).score_at(rule.amount);
    case ThresholdKind::Tail: return tail_threshold(scores, rule.amount);
  }
  throw Error("threshold: unknown rule");
}

}  // namespace hourglass::evaluation
