#include "hourglass/datasets/series_windows.h"

#include "hourglass/datasets/dataset.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

/// Step t of channel c is 10 t + c.
at::Tensor small_series(int64_t steps, int64_t channels) {
  return (10 * at::arange(steps, at::kFloat)).unsqueeze(1) + at::arange(channels, at::kFloat);
}

std::vector<int64_t> listed(const at::Tensor& numbers) {
  return {numbers.const_data_ptr<int64_t>(), numbers.const_data_ptr<int64_t>() + numbers.numel()};
}

TEST(SeriesWindows, AreAViewOnTheSteps) {
  const at::Tensor steps = small_series(6, 2);
  const at::Tensor windows = window_view(steps, {.window = 3, .stride = 2});
  EXPECT_EQ(windows.sizes().vec(), (Shape{2, 3, 2}));
  EXPECT_EQ(windows.const_data_ptr<float>(), steps.const_data_ptr<float>());
  EXPECT_TRUE(windows[1].equal(at::tensor({20.F, 21.F, 30.F, 31.F, 40.F, 41.F}).view({3, 2})));
}

TEST(SeriesWindows, ADataSetOfThemGivesTheSameByBatchAndByWrite) {
  const TensorDataset data(window_view(small_series(6, 1), {.window = 3}), {},
                           {.offset = {10}, .factor = {0.1}});
  EXPECT_EQ(data.size(), 4);
  EXPECT_EQ(data.item_shape(), (Shape{3, 1}));
  const Batch batch = data.batch(at::tensor({3L, 1L}), 0);
  const at::Tensor expected = at::tensor({2.F, 3.F, 4.F, 0.F, 1.F, 2.F}).view({2, 3, 1});
  EXPECT_TRUE(batch.input.allclose(expected));
  std::vector<float> written(6);
  const std::vector<int64_t> positions = {3, 1};
  data.write(positions, 0, {.input = written.data(), .input_stride = 3});
  EXPECT_TRUE(at::tensor(written).view({2, 3, 1}).allclose(expected));
}

TEST(SeriesWindows, StayAViewWhenADataSetIsMoved) {
  const TensorDataset data(window_view(small_series(6, 1).slice(0, 1), {.window = 3}), {}, {});
  const Batch batch = data.to(at::kCPU)->batch(at::tensor({2L}));
  EXPECT_TRUE(batch.input.equal(at::tensor({30.F, 40.F, 50.F}).view({1, 3, 1})));
}

TEST(SeriesWindows, NeedAsManyStepsAsAWindow) {
  expect_contains(error_of([] { window_view(small_series(5, 1), {.window = 6}); }),
                  {"at least 6 time steps", "found 5", "`window`"});
}

TEST(SeriesWindows, LieWithinOneStretch) {
  const std::vector<Stretch> stretches = {{0, 4}, {5, 2}, {8, 3}};
  EXPECT_EQ(listed(windows_within(stretches, {.window = 3})), (std::vector<int64_t>{0, 1, 8}));
  // With stride 2, window i begins with step 2 i.
  EXPECT_EQ(listed(windows_within(stretches, {.window = 3, .stride = 2})),
            (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(windows_within({{0, 2}}, {.window = 3}).numel(), 0);
}

TEST(SeriesWindows, HoldSteps) {
  EXPECT_EQ(listed(steps_of_windows(at::tensor({0L, 1L, 4L}), {.window = 2, .stride = 2})),
            (std::vector<int64_t>{0, 1, 2, 3, 8, 9}));
  EXPECT_EQ(listed(steps_of_windows(at::tensor({0L, 1L}), {.window = 3})),
            (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(SeriesWindows, OfTrainingAndValidationShareNoStep) {
  const WindowForm form = {.window = 3};
  const RowSplit split = split_windows({Validation::Kind::Last, 0.4}, 10, {{0, 10}}, form);
  EXPECT_EQ(listed(split.training), (std::vector<int64_t>{0, 1, 2, 3}));  // steps 0 … 5
  EXPECT_EQ(listed(split.validation), (std::vector<int64_t>{6, 7}));      // steps 6 … 9
}

TEST(SeriesWindows, AreAllForTrainingWithoutAValidationPart) {
  const RowSplit split = split_windows({Validation::Kind::None}, 5, {{0, 5}}, {.window = 3});
  EXPECT_EQ(split.training.numel(), 3);
  EXPECT_FALSE(split.validation.defined());
}

TEST(SeriesWindows, AreNotSplitAtRandom) {
  expect_contains(error_of([] {
                    split_windows({Validation::Kind::Split, 0.2}, 10, {{0, 10}}, {.window = 3});
                  }),
                  {"`validation` split:0.2", "use last:0.2"});
}

TEST(SeriesWindows, BothPartsNeedOne) {
  expect_contains(error_of([] {
                    split_windows({Validation::Kind::Last, 0.1}, 20, {{0, 20}}, {.window = 3});
                  }),
                  {"of 20 time steps, 18 would be for training and 2 for validation"});
}

TEST(SeriesWindows, AutomaticValidationHasRoomForAWindowAndAHalf) {
  EXPECT_EQ(automatic_validation(1000, {.window = 32}).text(), "last:0.1");
  EXPECT_EQ(automatic_validation(1000, {.window = 100}).text(), "last:0.15");
  EXPECT_EQ(automatic_validation(100, {.window = 90}).text(), "last:0.5");
}

TEST(SeriesWindows, RepeatTheScalingOfChannels) {
  const Scaling scaling = scaling_of_windows({.offset = {1, 2}, .factor = {3, 4}}, {.window = 2});
  EXPECT_EQ(scaling.offset, (std::vector<double>{1, 2, 1, 2}));
  EXPECT_EQ(scaling.factor, (std::vector<double>{3, 4, 3, 4}));
  EXPECT_EQ(scaling_of_windows({.offset = {1}, .factor = {3}}, {.window = 2}).factor.size(), 1U);
}

}  // namespace
}  // namespace hourglass::datasets
