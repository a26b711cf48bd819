#include "hourglass/evaluation/threshold.h"

#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

#include <cmath>

namespace hourglass::evaluation {
namespace {

/// The (i + ½) / n quantiles of the uniform distribution, for drawing any other without chance.
at::Tensor even_shares(int64_t n) { return (at::arange(n, at::kDouble) + 0.5) / n; }

at::Tensor exponential_scores() { return -at::log1p(-even_shares(2000)); }

double threshold_by(const std::string& rule, const at::Tensor& scores) {
  return fit_threshold(scores, *ThresholdRule::parse(rule));
}

TEST(Threshold, QuantileSigmaAndMadEqualNumPy) {
  const nlohmann::json expected = testing::reference("thresholds");
  const at::Tensor scores = exponential_scores();
  EXPECT_NEAR(threshold_by("quantile:0.987", scores), expected["quantile"].get<double>(), 1e-10);
  EXPECT_NEAR(threshold_by("sigma:2.5", scores), expected["sigma"].get<double>(), 1e-10);
  EXPECT_NEAR(threshold_by("mad:3", scores), expected["mad"].get<double>(), 1e-10);
}

TEST(Threshold, DoesNotDependOnTheOrderOfScores) {
  const at::Tensor scores = exponential_scores();
  for (const char* rule : {"quantile:0.9", "mad:3", "tail:0.001"}) {
    EXPECT_EQ(threshold_by(rule, scores), threshold_by(rule, scores.flip(0))) << rule;
  }
}

TEST(Threshold, OutliersHardlyMoveMad) {
  at::Tensor scores = even_shares(101);
  const double before = threshold_by("mad:3", scores);
  scores[100] = 1e6;
  EXPECT_NEAR(threshold_by("mad:3", scores), before, 0.05);
}

TEST(Threshold, TailIsNearTheTrueQuantileOfKnownDistributions) {
  const at::Tensor shares = even_shares(50000);
  // An exponential distribution, one with a heavy tail, and one that ends at 1.
  EXPECT_NEAR(threshold_by("tail:0.0001", -at::log1p(-shares)), -std::log(1e-4), 0.1);
  EXPECT_NEAR(threshold_by("tail:0.0001", (1 - shares).pow(-0.25)), std::pow(1e-4, -0.25), 0.2);
  EXPECT_NEAR(threshold_by("tail:0.0001", shares), 1 - 1e-4, 1e-5);
}

TEST(Threshold, TailIsNearTheFitByMaximumLikelihood) {
  const auto expected = testing::reference("thresholds")["tail_by_likelihood"].get<double>();
  EXPECT_NEAR(threshold_by("tail:0.0001", exponential_scores()), expected, 0.05 * expected);
}

TEST(Threshold, TailReachesBeyondTheScoresSeen) {
  const at::Tensor scores = exponential_scores();
  EXPECT_GT(threshold_by("tail:0.00001", scores), scores.max().item<double>());
  EXPECT_LT(threshold_by("tail:0.001", scores), threshold_by("tail:0.0001", scores));
}

TEST(Threshold, RulesReadBackFromTheirText) {
  for (const char* text : {"quantile:0.99", "sigma:3", "mad:3.5", "tail:0.0001"}) {
    const auto rule = ThresholdRule::parse(text);
    ASSERT_TRUE(rule.has_value()) << text;
    EXPECT_EQ(rule->text(), text);
  }
}

TEST(Threshold, RulesOutsideTheirRangeAreNone) {
  for (const char* text : {"", "quantile", "quantile:", "quantile:0", "quantile:1", "sigma:0",
                           "sigma:-1", "mad:x", "mad:inf", "tail:0", "tail:0.02", "median:3"}) {
    EXPECT_FALSE(ThresholdRule::parse(text).has_value()) << text;
  }
  testing::expect_contains(ThresholdRule::expects(),
                           {"quantile:Q", "sigma:K", "mad:K", "tail:P", "below 0.02"});
}

TEST(Threshold, SaysWhatScoresItNeeds) {
  testing::expect_contains(testing::error_of([] { threshold_by("tail:0.001", at::rand({499})); }),
                           {"at least 500", "found 499", "use quantile or mad"});
  testing::expect_contains(testing::error_of([] { threshold_by("tail:0.001", at::ones({500})); }),
                           {"the highest 2 % all 1"});
  testing::expect_contains(testing::error_of([] { threshold_by("mad:3", at::empty({0})); }),
                           {"found none"});
  testing::expect_contains(
      testing::error_of([] { threshold_by("mad:3", at::full({3}, INFINITY)); }),
      {"found inf for item 0"});
}

}  // namespace
}  // namespace hourglass::evaluation
