#include "hourglass/evaluation/stream_threshold.h"

#include "hourglass/tests/support/support.h"

#include <cmath>
#include <limits>

namespace hourglass::evaluation {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The i-th of 1000 exponential scores, which fill (0, 7.6) evenly by their probability and come in
/// an order that is mixed.
double score_of(int i) { return -std::log1p(-((i * 617) % 1000 + 0.5) / 1000); }

TEST(StreamThreshold, LimitIsFixedWhereNothingAdapts) {
  StreamThreshold threshold(2.5, {});
  for (int i = 0; i < 3000; ++i) threshold.judge(score_of(i));
  EXPECT_FALSE(threshold.judge(2.5).flag);
  EXPECT_TRUE(threshold.judge(2.6).flag);
  EXPECT_EQ(threshold.judge(0).threshold, 2.5);
  EXPECT_FALSE(threshold.follows());
}

TEST(StreamThreshold, WhatIsNoNumberIsStrangeAndTeachesNothing) {
  StreamThreshold threshold(2.5, {.adapt = AdaptRule{SpotRule{}}, .calibration = 500});
  for (int i = 0; i < 499; ++i) threshold.judge(score_of(i));
  EXPECT_TRUE(threshold.judge(kNaN).flag);
  EXPECT_TRUE(threshold.judge(std::numeric_limits<double>::infinity()).flag);
  EXPECT_FALSE(threshold.follows());
  threshold.judge(score_of(499));
  EXPECT_TRUE(threshold.follows());
  const double before = threshold.threshold();
  EXPECT_TRUE(threshold.judge(kNaN).flag);
  EXPECT_EQ(threshold.threshold(), before);
}

TEST(StreamThreshold, FollowsScoresOnceThereAreEnough) {
  StreamThreshold threshold(2.5, {.adapt = AdaptRule{SpotRule{.risk = 1e-3}}, .calibration = 1000});
  std::vector<double> scores;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(threshold.judge(score_of(i)).threshold, 2.5);
    scores.push_back(score_of(i));
  }
  // Those above the limit are among them.
  EXPECT_DOUBLE_EQ(threshold.threshold(), Spot(1e-3, scores).threshold());
  EXPECT_NEAR(threshold.threshold(), -std::log(1e-3), 0.5);
}

TEST(StreamThreshold, GrossOutliersAreNoCalibration) {
  const ThresholdKeeping keeping = {.adapt = AdaptRule{SpotRule{.risk = 1e-3}},
                                    .calibration = 1000};
  StreamThreshold clean(2.5, keeping), spoilt(2.5, keeping);
  for (int i = 0; i < 1000; ++i) {
    clean.judge(score_of(i));
    spoilt.judge(i % 250 == 0 ? 5000 : score_of(i));
  }
  EXPECT_NEAR(spoilt.threshold(), clean.threshold(), 0.5);
}

TEST(StreamThreshold, WaitsForScoresThatDiffer) {
  StreamThreshold threshold(2.5, {.adapt = AdaptRule{SpotRule{}}, .calibration = 500});
  for (int i = 0; i < 5000; ++i) threshold.judge(1.0);
  EXPECT_FALSE(threshold.follows());
  EXPECT_LT(std::ssize(threshold.to_json().at("first_scores")), 500);
  for (int i = 0; i < 1000; ++i) threshold.judge(score_of(i));
  EXPECT_TRUE(threshold.follows());
}

TEST(StreamThreshold, GoesOnFromItsState) {
  const ThresholdKeeping keeping = {.adapt = AdaptRule{SpotRule{.risk = 1e-3, .depth = 5}},
                                    .calibration = 500};
  StreamThreshold whole(2.5, keeping);
  nlohmann::json state;
  for (int i = 0; i < 3000; ++i) {
    if (i % 100 == 0) {  // calibrating and after
      state = nlohmann::json::parse(whole.to_json().dump());
      StreamThreshold resumed(2.5, keeping);
      resumed.restore(formats::JsonFields(state, "state.json"));
      EXPECT_EQ(resumed.to_json(), whole.to_json());
      EXPECT_EQ(resumed.threshold(), whole.threshold());
    }
    whole.judge(score_of(i));
  }
  StreamThreshold other(2.5, {.adapt = AdaptRule{SpotRule{}}}), another(3, keeping);
  const formats::JsonFields fields(state, "state.json");
  testing::expect_contains(testing::error_of([&] { other.restore(fields); }),
                           {"state.json", "`adapt`", "spot:0.0001", "dspot:0.001,5"});
  testing::expect_contains(testing::error_of([&] { another.restore(fields); }),
                           {"'limit'", "`load_threshold`"});
}

}  // namespace
}  // namespace hourglass::evaluation
