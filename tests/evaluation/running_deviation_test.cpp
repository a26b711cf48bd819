#include "hourglass/evaluation/running_deviation.h"

#include "hourglass/tests/support/support.h"

#include <cmath>

namespace hourglass::evaluation {
namespace {

TEST(RunningRule, IsReadAndWritten) {
  EXPECT_EQ(RunningRule::parse("running")->text(), "running:5,120");
  EXPECT_EQ(RunningRule::parse("running:4.5,10")->text(), "running:4.5,10");
  EXPECT_EQ(RunningRule::parse("running:7")->rest, 120);
  for (const char* wrong : {"running:0", "running:5,0", "running:x", "running:5,1,2", "run",
                            "running:", "running:inf"}) {
    EXPECT_FALSE(RunningRule::parse(wrong)) << wrong;
  }
}

TEST(RunningDeviation, IsFromMeanAndDeviationOfThePast) {
  RunningDeviation running({.limit = 2, .rest = 1});
  EXPECT_EQ(running.threshold(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(running.step(1), 0);
  EXPECT_EQ(running.step(3), 0);
  // Of 1 and 3: mean 2, variance 1.
  EXPECT_DOUBLE_EQ(running.threshold(), 2 + 2 * std::sqrt(1.001));
  EXPECT_DOUBLE_EQ(running.step(8), 6 / std::sqrt(1.001));
  // Of 1, 3 and 8: mean 4, variance (9 + 1 + 16) / 3.
  EXPECT_DOUBLE_EQ(running.threshold(), 4 + 2 * std::sqrt(26.0 / 3 + 1e-3));
  EXPECT_EQ(running.step(-5), 0) << "below the mean nothing is strange";
}

TEST(RunningDeviation, TellsOnceUnlessItGetsStranger) {
  RunningDeviation running({.limit = 2, .rest = 3});
  for (int i = 0; i < 100; ++i) running.step(i % 2);
  const double first = running.step(20);
  EXPECT_GT(first, 10);
  EXPECT_EQ(running.step(10), 0);
  EXPECT_GT(running.step(200), first) << "stranger than what was told";
  EXPECT_EQ(running.step(0.5), 0);
  EXPECT_EQ(running.step(40), 0);
  for (int i = 0; i < 3; ++i) running.step(0.5);
  EXPECT_GT(running.step(40), 0) << "after the rest";
}

TEST(RunningDeviation, GoesOnFromItsState) {
  const RunningRule rule = {.limit = 3, .rest = 4};
  RunningDeviation running(rule), again(rule);
  for (int i = 0; i < 9; ++i) running.step(std::sin(i));
  const nlohmann::json state = nlohmann::json::parse(running.to_json().dump());
  again.restore(formats::JsonFields(state, "state.json"));
  for (int i = 9; i < 30; ++i) EXPECT_EQ(again.step(std::sin(i)), running.step(std::sin(i)));

  nlohmann::json broken = state;
  broken["last"] = std::vector<double>(5, 0.0);
  testing::expect_contains(
      testing::error_of([&] { again.restore(formats::JsonFields(broken, "state.json")); }),
      {"state.json", "last", "at most 4"});
}

}  // namespace
}  // namespace hourglass::evaluation
