#include "hourglass/evaluation/step_scores.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hourglass::evaluation {
namespace {

using datasets::TensorDataset;
using datasets::WindowForm;

/// Windows on the steps 0, 1, 2, …
TensorDataset counting_windows(int64_t steps, const WindowForm& form) {
  return {datasets::window_view(at::arange(steps, at::kFloat).unsqueeze(1), form), {}, {}};
}

std::vector<double> doubles(const at::Tensor& values) {
  const at::Tensor flat = values.contiguous().flatten();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

/// Says of each window that its steps are off by 1, 2 and 4.
at::Tensor off_by_place(const at::Tensor& input) {
  return input + at::tensor({1.F, 2.F, 4.F}).view({1, 3, 1});
}

TEST(StepScores, AreMeansOverTheWindowsThatHoldTheStep) {
  const WindowForm form = {.window = 3};
  const StepScores found = score_steps(off_by_place, counting_windows(4, form), form, 4);
  // Two windows: squared errors 1, 4, 16 at steps 0 … 2 and at steps 1 … 3.
  EXPECT_EQ(doubles(found.scores), (std::vector<double>{1, (4 + 1) / 2.0, (16 + 4) / 2.0, 16}));
  EXPECT_EQ(doubles(found.reconstructions), (std::vector<double>{1, 2.5, 5, 7}));
}

TEST(StepScores, AreMeansOverTheChannels) {
  const WindowForm form = {.window = 2};
  const TensorDataset windows(datasets::window_view(at::zeros({2, 2}), form), {}, {});
  const auto off = [](const at::Tensor& input) { return input + at::tensor({1.F, 3.F}); };
  EXPECT_EQ(doubles(score_steps(off, windows, form, 2).scores), (std::vector<double>{5, 5}));
}

TEST(StepScores, LeaveOutWhatIsNotKnown) {
  const WindowForm form = {.window = 2};
  const double unknown = std::nan("");
  const at::Tensor observed =
      at::tensor({0., unknown, 0., 0., unknown, unknown}, at::kFloat).view({3, 2});
  const auto windows_on = [&](const at::Tensor& steps) {
    return std::make_shared<TensorDataset>(datasets::window_view(steps, form), at::Tensor(),
                                           datasets::Scaling{});
  };
  const datasets::Paired windows(windows_on(at::zeros({3, 2})), windows_on(observed));
  const auto off = [](const at::Tensor& input) { return input + at::tensor({1.F, 3.F}); };
  for (const StepAverage average : {StepAverage::Mean, StepAverage::Median}) {
    const StepScores found = score_steps(off, windows, form, 3, average);
    EXPECT_EQ(found.scores[0].item<double>(), 1);
    EXPECT_EQ(found.scores[1].item<double>(), 5);
    EXPECT_TRUE(scored_steps(found).equal(at::tensor({0L, 1L})));
    EXPECT_EQ(doubles(found.reconstructions), (std::vector<double>{1, 3, 1, 3, 1, 3}));
  }
}

TEST(StepScores, MediansPassOverOneStrangeWindow) {
  const WindowForm form = {.window = 3};
  const StepScores found =
      score_steps(off_by_place, counting_windows(5, form), form, 5, StepAverage::Median);
  // Step 1 is in two windows (4, 1), step 2 in three (16, 4, 1), step 3 in two (16, 4).
  EXPECT_EQ(doubles(found.scores), (std::vector<double>{1, 2.5, 4, 10, 16}));
}

TEST(StepScores, StepsWithoutAWindowHaveNone) {
  const WindowForm form = {.window = 3, .stride = 4};
  for (const StepAverage average : {StepAverage::Mean, StepAverage::Median}) {
    const StepScores found = score_steps(off_by_place, counting_windows(8, form), form, 8, average);
    EXPECT_TRUE(scored_steps(found).equal(at::tensor({0L, 1L, 2L, 4L, 5L, 6L})));
    EXPECT_TRUE(std::isnan(found.scores[3].item<double>()));
    EXPECT_EQ(found.scores[5].item<double>(), 4);
  }
}

TEST(StepScores, KnowWindowsByTheirNumbers) {
  const WindowForm form = {.window = 3};
  const datasets::Subset last(std::make_shared<TensorDataset>(counting_windows(6, form)),
                              at::tensor({3L}));
  EXPECT_TRUE(
      scored_steps(score_steps(off_by_place, last, form, 6)).equal(at::tensor({3L, 4L, 5L})));
}

TEST(Alerts, AreFlaggedStepsThatLieTogether) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const at::Tensor scores = at::tensor({0., 2., 0., 3., nan, 0., 0., 5., 2.}, at::kDouble);
  const auto alerts = alerts_of(scores, 1, 2);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0].first, 1);
  EXPECT_EQ(alerts[0].last, 3);
  EXPECT_EQ(alerts[0].flagged, 2);
  EXPECT_EQ(alerts[0].worst, 3);
  EXPECT_EQ(alerts[0].score, 3);
  EXPECT_EQ(alerts[1].first, 7);
  EXPECT_EQ(alerts[1].last, 8);
  EXPECT_EQ(alerts[1].worst, 7);
  EXPECT_TRUE(alerts_of(scores, 5, 2).empty());
}

}  // namespace
}  // namespace hourglass::evaluation
