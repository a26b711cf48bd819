#include "hourglass/evaluation/spot.h"

#include "hourglass/core/random.h"
#include "hourglass/evaluation/generalized_pareto.h"
#include "hourglass/evaluation/score_tail.h"
#include "hourglass/tests/support/support.h"

#include <cmath>
#include <random>

namespace hourglass::evaluation {
namespace {

/// Exponential scores: one is above −ln q with probability q.
std::vector<double> exponential(int64_t count, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<double> scores;
  while (std::ssize(scores) < count) {
    scores.push_back(-std::log1p(-static_cast<double>(engine() >> 11U) * 0x1p-53));
  }
  return scores;
}

/// 0 … 999, so that everything can be worked out by hand.
std::vector<double> counting() {
  std::vector<double> scores;
  scores.reserve(1000);
  for (int i = 0; i < 1000; ++i) scores.push_back(i);
  return scores;
}

Spot reread(const Spot& spot) {
  const nlohmann::json text = nlohmann::json::parse(spot.to_json().dump());
  return Spot::from_json(formats::JsonFields(text, "state.json"));
}

TEST(ScoreTail, IsWhatLiesAboveTheQuantileInItsOrder) {
  std::vector<double> scores = counting();
  std::swap(scores.front(), scores.back());
  const ScoreTail tail = score_tail(scores);
  EXPECT_DOUBLE_EQ(tail.start, 0.98 * 999);
  ASSERT_EQ(tail.excesses.size(), 20U);
  EXPECT_DOUBLE_EQ(tail.excesses.front(), 999 - 0.98 * 999);
  EXPECT_DOUBLE_EQ(tail.excesses.back(), 998 - 0.98 * 999);
}

TEST(Spot, ThresholdIsTheTailsQuantile) {
  const std::vector<double> scores = exponential(1000, 14);
  const ScoreTail tail = score_tail(scores);
  ASSERT_EQ(tail.excesses.size(), 20U);
  const auto [scale, shape] = fit_by_likelihood(tail.excesses);
  ASSERT_NE(shape, 0);
  // z = t + σ/γ · ((q n / N)^(−γ) − 1) with n = 1000 scores, N = 20 peaks.
  const double expected = tail.start + scale / shape * (std::pow(1e-3 * 1000 / 20, -shape) - 1);
  EXPECT_NEAR(Spot(1e-3, scores).threshold(), expected, 1e-9);
}

TEST(Spot, LearnsFromPeaksAndCountsTheRestButNothingGross) {
  // The excesses of `counting` are spread evenly, for which the fit is exponential: what is 100 times
  // rarer lies ln 100 times their mean, of some 10, above the threshold.
  Spot spot(1e-3, counting());
  const double before = spot.threshold();
  EXPECT_TRUE(spot.step(before + 50));
  EXPECT_TRUE(spot.step(1e300));
  EXPECT_EQ(spot.threshold(), before);
  EXPECT_FALSE(spot.step(500));  // is counted, but changes nothing before the next peak
  EXPECT_EQ(spot.threshold(), before);
  EXPECT_TRUE(spot.step(before + 40));

  std::vector<double> excesses = score_tail(counting()).excesses;
  const double start = score_tail(counting()).start;
  excesses.push_back(before + 40 - start);
  EXPECT_NEAR(spot.threshold(),
              start + fit_by_likelihood(excesses).surpassed_with(1e-3 * 1002 / 21), 1e-9);
  const double risen = spot.threshold();
  EXPECT_GT(risen, before);
  EXPECT_FALSE(spot.step(risen));  // not above
}

TEST(Spot, FlagsAboutAsManyNormalScoresAsTheRiskSays) {
  Spot spot(1e-3, exponential(2000, 1));
  int64_t alarms = 0;
  for (const double score : exponential(200'000, 2)) alarms += spot.step(score);
  EXPECT_GT(alarms, 150);  // 200 expected
  EXPECT_LT(alarms, 250);
  EXPECT_NEAR(spot.threshold(), -std::log(1e-3), 0.7);
}

TEST(Spot, FindsInjectedPeaks) {
  Spot spot(1e-4, exponential(1000, 3));
  std::vector<double> scores = exponential(20'000, 4);
  for (size_t i = 500; i < scores.size(); i += 1000) scores[i] = 30;
  int64_t found = 0, others = 0;
  for (const double score : scores) (score == 30 ? found : others) += spot.step(score);
  EXPECT_EQ(found, 20);
  EXPECT_LE(others, 20);
}

TEST(Spot, KeepsTheLastPeaksAlone) {
  Spot spot(1e-3, counting());
  for (int i = 0; i < 2000; ++i) spot.step(985 + i % 10);
  const nlohmann::json state = spot.to_json();
  EXPECT_EQ(state.at("peaks"), 2020);
  EXPECT_EQ(state.at("scores"), 3000);
  ASSERT_EQ(std::ssize(state.at("excesses")), kMostPeaks);
  for (const double excess : state.at("excesses")) EXPECT_LT(excess, 995 - 0.98 * 999);
}

TEST(Spot, GoesOnFromItsStateToTheSameBits) {
  Spot spot(1e-3, exponential(1000, 5));
  for (const double score : exponential(30'000, 6)) spot.step(score);  // beyond the ring
  Spot resumed = reread(spot);
  for (const double score : exponential(3000, 7)) {
    EXPECT_EQ(resumed.step(score), spot.step(score));
    EXPECT_EQ(resumed.threshold(), spot.threshold());
  }
}

TEST(Spot, SaysWhatScoresItNeeds) {
  std::vector<double> alike(1000, 1.0);
  EXPECT_FALSE(Spot::can_start_from(alike));
  EXPECT_FALSE(Spot::can_start_from(exponential(499, 1)));
  EXPECT_TRUE(Spot::can_start_from(exponential(500, 1)));
  testing::expect_contains(testing::error_of([&] { Spot(1e-4, alike); }),
                           {"at least 500 normal scores", "10 above their 98 % quantile"});
}

TEST(Spot, RefusesADamagedState) {
  nlohmann::json state = Spot(1e-3, counting()).to_json();
  const auto error_with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json damaged = state;
    damaged[key] = value;
    return testing::error_of([&] { Spot::from_json(formats::JsonFields(damaged, "state.json")); });
  };
  testing::expect_contains(error_with("excesses", {1.0}), {"state.json", "20 numbers"});
  testing::expect_contains(error_with("peaks", 0), {"'peaks'"});
  testing::expect_contains(error_with("start", "x"), {"'start'"});
}

TEST(MovingMean, IsThatOfTheLastValues) {
  MovingMean mean(std::vector<double>{1, 2, 6});
  EXPECT_DOUBLE_EQ(mean.mean(), 3);
  mean.slide(4);
  EXPECT_DOUBLE_EQ(mean.mean(), 4);
  mean.slide(-1);
  mean.slide(0);
  EXPECT_DOUBLE_EQ(mean.mean(), 1);
  const nlohmann::json state = mean.to_json();
  MovingMean again = MovingMean::from_json(formats::JsonFields(state, "state.json"));
  again.slide(7), mean.slide(7);
  EXPECT_EQ(again.mean(), mean.mean());
  EXPECT_DOUBLE_EQ(mean.mean(), 2);
}

/// Exponential scores on a level that rises by 0.01 each.
std::vector<double> drifting(int64_t count, uint64_t seed, double level) {
  std::vector<double> scores = exponential(count, seed);
  for (double& score : scores) score += level, level += 0.01;
  return scores;
}

TEST(DriftSpot, FollowsALevelThatRises) {
  DriftSpot drift({.risk = 1e-3, .depth = 20}, drifting(1000, 8, 0));
  int64_t alarms = 0;
  for (const double score : drifting(20'000, 9, 10)) alarms += drift.step(score);
  EXPECT_LT(alarms, 40);  // 20 expected
  EXPECT_NEAR(drift.threshold(), 210 + 7, 2.5);
  EXPECT_TRUE(drift.step(240));
}

TEST(DriftSpot, FindsPeaksOnALevelThatFallsWhichSpotMisses) {
  const auto falling = [](int64_t count, uint64_t seed, double level) {
    std::vector<double> scores = exponential(count, seed);
    for (double& score : scores) score += level, level -= 0.01;
    return scores;
  };
  const std::vector<double> calibration = falling(1000, 8, 0);
  DriftSpot drift({.risk = 1e-3, .depth = 20}, calibration);
  DriftSpot fixed({.risk = 1e-3}, calibration);
  int64_t alarms = 0;
  for (const double score : falling(20'000, 9, -10)) {
    alarms += drift.step(score);
    EXPECT_FALSE(fixed.step(score));
  }
  EXPECT_LT(alarms, 40);  // 20 expected
  EXPECT_TRUE(drift.step(-210 + 15));
  EXPECT_FALSE(fixed.step(-210 + 15));
}

TEST(DriftSpot, TakesTheMeanOfTheScoresBeforeOff) {
  // The level is 7 throughout: what is left is what Spot has.
  std::vector<double> scores(3, 7.0), left;
  MovingMean mean(scores);
  for (const double score : exponential(1000, 10)) {
    scores.push_back(score + 7);
    left.push_back(scores.back() - mean.mean());
    mean.slide(scores.back());
  }
  DriftSpot drift({.risk = 1e-3, .depth = 3}, scores);
  EXPECT_NEAR(drift.threshold(), mean.mean() + Spot(1e-3, left).threshold(), 1e-9);
  const double before = drift.threshold();
  EXPECT_TRUE(drift.step(1e6));  // which does not move the mean
  EXPECT_EQ(drift.threshold(), before);
  EXPECT_FALSE(drift.step(mean.mean()));
  mean.slide(mean.mean());
  EXPECT_NEAR(drift.threshold(), mean.mean() + Spot(1e-3, left).threshold(), 1e-9);
}

TEST(DriftSpot, GoesOnFromItsStateToTheSameBits) {
  DriftSpot drift({.risk = 1e-3, .depth = 7}, drifting(1000, 11, 0));
  for (const double score : drifting(2000, 12, 10)) drift.step(score);
  const nlohmann::json text = nlohmann::json::parse(drift.to_json().dump());
  DriftSpot resumed = DriftSpot::from_json(formats::JsonFields(text, "state.json"));
  for (const double score : drifting(2000, 13, 30)) {
    EXPECT_EQ(resumed.step(score), drift.step(score));
    EXPECT_EQ(resumed.threshold(), drift.threshold());
  }
}

TEST(SpotRule, ReadsBackFromItsText) {
  for (const char* text : {"spot:0.001", "spot:1e-05", "dspot:0.0001,250"}) {
    const auto rule = SpotRule::parse(text);
    ASSERT_TRUE(rule) << text;
    EXPECT_EQ(rule->text(), text);
  }
  EXPECT_EQ(SpotRule::parse("spot")->text(), "spot:0.0001");
  EXPECT_EQ(SpotRule::parse("dspot")->text(), "dspot:0.0001,100");
  for (const char* text :
       {"", "spo", "spot:", "spot:0", "spot:0.02", "spot:x", "spot:0.001,5", "dspot:0.001",
        "dspot:0.001,0", "dspot:0.001,1.5", "spotty:0.1", "dspot:0.001,100001", "spot:nan"}) {
    EXPECT_FALSE(SpotRule::parse(text)) << text;
  }
  testing::expect_contains(SpotRule::expects(), {"spot:Q", "dspot:Q,D", "below 0.02", "100,000"});
}

}  // namespace
}  // namespace hourglass::evaluation
