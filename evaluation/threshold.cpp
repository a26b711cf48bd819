#include "hourglass/evaluation/threshold.h"

#include "hourglass/core/error.h"
#include "hourglass/core/quantile.h"
#include "hourglass/evaluation/generalized_pareto.h"
#include "hourglass/evaluation/robust_scale.h"
#include "hourglass/evaluation/score_list.h"
#include "hourglass/evaluation/score_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace hourglass::evaluation {
namespace {

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
    {ThresholdKind::Tail, "tail:", 0, kTailShare},
};

double sigma_threshold(const std::vector<double>& scores, double count) {
  const auto n = static_cast<double>(scores.size());
  double mean = 0, variance = 0;
  for (const double score : scores) mean += score / n;
  for (const double score : scores) variance += (score - mean) * (score - mean) / n;
  return mean + count * std::sqrt(variance);
}

double tail_threshold(const std::vector<double>& sorted, double probability) {
  if (sorted.size() < kFewestTailScores) {
    throw Error("threshold tail: expected at least {} normal scores, found {}; use quantile or mad",
                kFewestTailScores, sorted.size());
  }
  const ScoreTail tail = score_tail(sorted);
  if (tail.excesses.empty()) {
    throw Error("threshold tail: expected scores that differ, found the highest 2 % all {}",
                tail.start);
  }
  const double share =
      static_cast<double>(tail.excesses.size()) / static_cast<double>(sorted.size());
  return tail.start +
         fit_by_moments(tail.excesses).surpassed_with(std::min(1.0, probability / share));
}

}  // namespace

std::string ThresholdRule::expects() {
  return fmt::format(
      "quantile:Q (Q above 0 and below 1), sigma:K or mad:K (K above 0), or tail:P (P above 0 and "
      "below {:.2g})",
      kTailShare);
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
    case ThresholdKind::Quantile: return quantile_of_sorted(scores, rule.amount);
    case ThresholdKind::Sigma: return sigma_threshold(scores, rule.amount);
    case ThresholdKind::Mad: return fit_robust_scale(normal_scores).score_at(rule.amount);
    case ThresholdKind::Tail: return tail_threshold(scores, rule.amount);
  }
  throw Error("threshold: unknown rule");
}

}  // namespace hourglass::evaluation
