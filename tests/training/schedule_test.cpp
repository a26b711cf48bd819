#include "hourglass/training/schedule.h"

#include <gtest/gtest.h>

namespace hourglass::training {
namespace {

Schedule schedule(const std::string& text) { return Schedule::parse(text).value(); }

TEST(Schedule, ReadsAndWritesItsTextForms) {
  for (const char* text :
       {"constant", "step:10,0.5", "stages:3,0.72", "cosine:0.01", "plateau:3,0.1"}) {
    EXPECT_EQ(schedule(text).text(), text);
  }
  EXPECT_EQ(schedule("cosine").text(), "cosine:0");
  for (const char* text : {"", "linear", "step", "step:0,0.5", "step:3", "step:3,2", "stages:1,0.5",
                           "cosine:1", "plateau:3,0", "constant:1"}) {
    EXPECT_FALSE(Schedule::parse(text)) << text;
  }
}

TEST(LearningRate, StepDropsAfterEveryPeriod) {
  const LearningRate rate(1, schedule("step:2,0.1"), 0, 10, 5);  // drops after 10 and 20 steps
  EXPECT_DOUBLE_EQ(rate.at(9), 1);
  EXPECT_DOUBLE_EQ(rate.at(10), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(20), 0.01);
  // A period of more steps than can be counted.
  EXPECT_DOUBLE_EQ(LearningRate(1, schedule("step:4611686018427387904,0.1"), 0, 10, 4).at(39), 1);
}

TEST(LearningRate, StagesGrowLonger) {
  const LearningRate rate(1, schedule("stages:3,0.1"), 0, 13, 2);  // of 1, 3 and 9 epochs
  EXPECT_DOUBLE_EQ(rate.at(1), 1);
  EXPECT_DOUBLE_EQ(rate.at(2), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(7), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(8), 0.01);
  EXPECT_DOUBLE_EQ(rate.at(25), 0.01);
}

TEST(LearningRate, CosineFallsFromTheStartToTheFloor) {
  const LearningRate rate(2, schedule("cosine:0.1"), 0, 10, 10);
  EXPECT_DOUBLE_EQ(rate.at(0), 2);
  EXPECT_NEAR(rate.at(50), 2 * (0.1 + 0.9 * 0.5), 1e-12);
  EXPECT_NEAR(rate.at(100), 0.2, 1e-12);
}

TEST(LearningRate, WarmupGrowsLinearlyAndReachesTheStart) {
  const LearningRate rate(1, Schedule{}, 0.5, 10, 8);  // over 4 steps
  EXPECT_DOUBLE_EQ(rate.at(0), 0.25);
  EXPECT_DOUBLE_EQ(rate.at(3), 1);
  EXPECT_DOUBLE_EQ(rate.at(4), 1);
}

TEST(LearningRate, PlateauDropsWhenTheLossNoLongerImproves) {
  LearningRate rate(1, schedule("plateau:2,0.5"), 0, 10, 1);
  for (const double loss : {3.0, 2.0, 2.5}) rate.epoch_ended(loss);
  EXPECT_DOUBLE_EQ(rate.at(3), 1);
  rate.epoch_ended(2.0);  // equal is no improvement: the second epoch without one
  EXPECT_DOUBLE_EQ(rate.at(4), 0.5);
  rate.epoch_ended(1.0);
  EXPECT_DOUBLE_EQ(rate.at(5), 0.5);
}

}  // namespace
}  // namespace hourglass::training
