#include "hourglass/datasets/scaling.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::datasets {

namespace {

/// Three columns, of which the middle one is constant.
at::Tensor three_rows() {
  return at::tensor({1.F, 5.F, -2.F,  //
                     3.F, 5.F, 2.F,   //
                     9.F, 5.F, 0.F})
      .view({3, 3});
}

TEST(ExtremesOf, LooksAtTheGivenRowsOnly) {
  const Extremes extremes = extremes_of(three_rows(), at::tensor({0, 1}, at::kLong));
  EXPECT_TRUE(extremes.lowest.equal(at::tensor({1.F, 5.F, -2.F})));
  EXPECT_TRUE(extremes.highest.equal(at::tensor({3.F, 5.F, 2.F})));
}

TEST(ExtremesOf, LooksAtAllOfManyRows) {
  at::Tensor values = at::full({10000, 2}, 7, at::kByte);
  values[9999][0] = 200;
  values[5000][1] = 3;
  const Extremes extremes = extremes_of(values, at::arange(10000));
  EXPECT_TRUE(extremes.lowest.equal(at::tensor({7, 3}, at::kByte)));
  EXPECT_TRUE(extremes.highest.equal(at::tensor({200, 7}, at::kByte)));
}

TEST(FitNorm, MakesRowsAsLongAsTheRootOfTheirSizeOnAverage) {
  const at::Tensor values = at::tensor({3.F, 4.F, 0.F, 1.F}).view({2, 2});  // lengths 5 and 1
  const Scaling scaling = fit_norm(TensorDataset(values, {}, {}));
  ASSERT_EQ(scaling.factor.size(), 1);
  EXPECT_DOUBLE_EQ(scaling.factor.front(), std::sqrt(2.0) / 3);
  EXPECT_EQ(scaling.offset, std::vector<double>{0});
}

TEST(FitNorm, LeavesRowsOfZerosAsTheyAre) {
  EXPECT_EQ(fit_norm(TensorDataset(at::zeros({4, 2}), {}, {})).factor, std::vector<double>{1});
}

TEST(FitColumns, StandardIsThatOfThePopulation) {
  // Mean 2.5, variance 1.25; the second column is constant.
  const at::Tensor values = at::tensor({1.F, 7.F, 2.F, 7.F, 3.F, 7.F, 4.F, 7.F}).view({4, 2});
  const Scaling scaling = fit_columns({ScalingRule::Kind::Standard}, values, {}, {});
  EXPECT_EQ(scaling.offset, (std::vector<double>{2.5, 7}));
  EXPECT_DOUBLE_EQ(scaling.factor[0], 1 / std::sqrt(1.25));
  EXPECT_EQ(scaling.factor[1], 1);
}

TEST(FitColumns, RobustHasMedianAndQuartiles) {
  // Quartiles of 1, 2, 3, 4, 100 are 2 and 4.
  const at::Tensor values = at::tensor({100.F, 4.F, 1.F, 3.F, 2.F}).view({5, 1});
  const Scaling scaling = fit_columns({ScalingRule::Kind::Robust}, values, {}, {});
  EXPECT_EQ(scaling.offset, std::vector<double>{3});
  EXPECT_EQ(scaling.factor, std::vector<double>{0.5});
}

TEST(FitColumns, RobustFallsBackOnTheDeviation) {
  // Both quartiles are 0; mean 1, variance (9 · 1 + 81) / 10 = 9.
  at::Tensor values = at::zeros({10, 1});
  values[4][0] = 10;
  const Scaling scaling = fit_columns({ScalingRule::Kind::Robust}, values, {}, {});
  EXPECT_EQ(scaling.offset, std::vector<double>{0});
  EXPECT_DOUBLE_EQ(scaling.factor[0], 1 / (1.349 * 3));
}

TEST(FitColumns, LooksAtTheGivenRowsAndAtCellsThatAreThere) {
  const at::Tensor values = at::tensor({1.F, 3.F, 50.F, 900.F}).view({4, 1});
  const at::Tensor missing = at::tensor({0, 0, 1, 0}).to(at::kBool).view({4, 1});
  const Scaling scaling =
      fit_columns({ScalingRule::Kind::Standard}, values, at::tensor({0, 1, 2}), missing);
  EXPECT_EQ(scaling.offset, std::vector<double>{2});
  EXPECT_EQ(scaling.factor, std::vector<double>{1});
}

TEST(FitScaling, PutsEachColumnBetweenZeroAndOne) {
  const Extremes extremes = extremes_of(three_rows(), at::arange(3));
  const Scaling scaling = fit_scaling({ScalingRule::Kind::MinMax}, extremes);
  EXPECT_EQ(scaling.offset, (std::vector<double>{1, 5, -2}));
  EXPECT_EQ(scaling.factor, (std::vector<double>{0.125, 0, 0.25}));
  const TensorDataset data(three_rows(), {}, scaling);
  const at::Tensor expected =
      at::tensor({0.F, 0.F, 0.F, 0.25F, 0.F, 1.F, 1.F, 0.F, 0.5F}).view({3, 3});
  EXPECT_TRUE(data.batch(data.all_positions(), 0).input.equal(expected));
}

TEST(FitScaling, NeverExceedsOneByRounding) {
  at::manual_seed(1);
  const at::Tensor values = at::rand({2, 20000}, at::kDouble).mul(1e3).to(at::kFloat);
  const Extremes extremes = extremes_of(values, at::arange(2));
  const ValueRange range =
      scaled_range(extremes, fit_scaling({ScalingRule::Kind::MinMax}, extremes));
  EXPECT_EQ(range.low, 0);
  EXPECT_LE(range.high, 1);
  EXPECT_GT(range.high, 0.999999);
}

TEST(FitScaling, TakesARangeOfNextToNothingForAConstant) {
  const at::Tensor values = at::tensor({0.F, 1.F, 1e-40F, 3.F}).view({2, 2});
  const Scaling scaling =
      fit_scaling({ScalingRule::Kind::MinMax}, extremes_of(values, at::arange(2)));
  EXPECT_EQ(scaling.factor, (std::vector<double>{0, 0.5}));
}

TEST(FitColumns, TakeASpreadOfNextToNothingForNone) {
  const at::Tensor values =
      at::tensor({0.F, 1.F, 1e-40F, 3.F, 2e-40F, 4.F, 4e-40F, 9.F}).view({4, 2});
  for (const auto kind : {ScalingRule::Kind::Standard, ScalingRule::Kind::Robust}) {
    const Scaling scaling = fit_columns({kind}, values, {}, {});
    ASSERT_EQ(scaling.factor.size(), 2U);
    EXPECT_EQ(scaling.factor[0], 1);
    EXPECT_LT(scaling.factor[1], 1);
  }
}

TEST(FitScaling, DividesOrLeavesAlone) {
  const Extremes extremes = extremes_of(three_rows(), at::arange(3));
  EXPECT_EQ(fit_scaling({ScalingRule::Kind::Max, 16}, extremes).factor,
            std::vector<double>{1.0 / 16});
  EXPECT_EQ(fit_scaling({ScalingRule::Kind::None}, extremes).factor, std::vector<double>{1.0});
  EXPECT_EQ(fit_scaling({ScalingRule::Kind::None}, extremes).offset, std::vector<double>{0.0});
}

TEST(ScaledRange, IsWhatABatchHas) {
  const Extremes bytes{at::tensor({0, 3}, at::kByte), at::tensor({255, 7}, at::kByte)};
  const ValueRange range = scaled_range(bytes, {.offset = {0}, .factor = {1.0 / 255}});
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 1);
  const ValueRange mirrored = scaled_range(bytes, {.offset = {0}, .factor = {-1}});
  EXPECT_EQ(mirrored.low, -255);
  EXPECT_EQ(mirrored.high, 0);
}

TEST(ScalingRule, ReadsAndWritesItsForms) {
  for (const std::string text :
       {"auto", "none", "minmax", "standard", "robust", "quantile", "norm", "max:16", "max:0.5"}) {
    const auto scale = ScalingRule::parse(text);
    ASSERT_TRUE(scale) << text;
    EXPECT_EQ(scale->text(), text);
  }
  for (const std::string text : {"", "max", "max:", "max:0", "max:-1", "max:inf", "min"}) {
    EXPECT_FALSE(ScalingRule::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hourglass::datasets
