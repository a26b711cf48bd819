#include "hourglass/datasets/item_scaling.h"

#include "hourglass/datasets/scaling.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

/// 1², 2², …, 1000² thousandths.
std::vector<double> thousand_squares() {
  std::vector<double> numbers;
  for (int i = 1; i <= 1000; ++i) numbers.push_back(i * i / 1000.0);
  return numbers;
}

// What scikit-learn 1.7's QuantileTransformer(n_quantiles=10 or 100) gives for the same numbers.
TEST(QuantileCurve, IsThatOfScikitLearnBetweenTheExtremes) {
  const ScalingCurve few = quantile_curve(std::vector<double>{0.5, 1, 1.5, 2, 3, 4, 5, 6, 9, 35});
  const double given[] = {0.5, 1.2, 2.5, 7, 20, 35};
  const double expected[] = {0, 0.15555556, 0.38888889, 0.81481481, 0.93589744, 1};
  for (size_t i = 0; i < std::size(given); ++i) {
    EXPECT_NEAR(few.to_scaled(given[i]), expected[i], 1e-8) << given[i];
  }
  const ScalingCurve many = quantile_curve(thousand_squares());
  EXPECT_EQ(many.stored.size(), 100U);
  EXPECT_NEAR(many.to_scaled(10), 0.0990179, 1e-7);
  EXPECT_NEAR(many.to_scaled(777), 0.88134642, 1e-8);
  EXPECT_NEAR(many.to_stored(0.1), 10.19006364, 1e-8);
  EXPECT_NEAR(many.to_stored(0.333), 111.336919, 1e-6);
}

TEST(QuantileCurve, GoesOnBeyondTheExtremes) {
  const ScalingCurve curve = quantile_curve(std::vector<double>{0, 1, 10});
  EXPECT_DOUBLE_EQ(curve.to_scaled(20), 2);
  EXPECT_DOUBLE_EQ(curve.to_scaled(-10), -1);
  for (const double stored : {-10.0, 0.25, 4.0, 10.0, 1e6}) {
    EXPECT_NEAR(curve.to_stored(curve.to_scaled(stored)), stored, 1e-9) << stored;
  }
}

TEST(QuantileCurve, HasOnePointForEqualQuantiles) {
  // 0, 0, 0, 0, 1: four of the five quantiles are 0, at 0 … 0.75.
  const ScalingCurve curve = quantile_curve(std::vector<double>{0, 0, 0, 0, 1});
  EXPECT_EQ(curve, (ScalingCurve{{0, 1}, {0.375, 1}}));
}

TEST(QuantileCurve, OfAlikeNumbersIsTheDistanceFromThem) {
  const ScalingCurve curve = quantile_curve(std::vector<double>{7, 7, 7});
  EXPECT_EQ(curve.to_scaled(7), 0);
  EXPECT_EQ(curve.to_scaled(9), 2);
  EXPECT_EQ(curve.to_stored(-1), 6);
}

TEST(FitColumns, GivesACurveForEachColumnOfTheRowsThatHaveIt) {
  const at::Tensor values = at::tensor({0.F, 5.F, 1.F, 5.F, 10.F, -1.F, 99.F, 5.F}).view({4, 2});
  const at::Tensor missing = at::zeros({4, 2}, at::kBool);
  missing[2][1] = true;
  const Scaling scaling =
      fit_columns({ScalingRule::Kind::Quantile}, values, at::tensor({0, 1, 2}), missing);
  EXPECT_EQ(scaling.curves[0], (ScalingCurve{{0, 1, 10}, {0, 0.5, 1}}));
  EXPECT_EQ(scaling.curves[1], (ScalingCurve{{5}, {0}}));
  const at::Tensor scaled = ItemScaling(scaling, {2}).apply(values.clone());
  EXPECT_TRUE(at::allclose(
      scaled, at::tensor({0.F, 0.F, 0.5F, 0.F, 1.F, -6.F, 9.9F, 0.F}).view({4, 2}), 0, 1e-6));
}

TEST(ToStored, IsTheInverseOfPairsAndCurves) {
  const at::Tensor stored = at::tensor({-3.0, 0.0, 2.5, 9.0, 40.0}, at::kDouble);
  for (const Scaling& scaling :
       {Scaling{{2}, {0.5}}, Scaling{{1, 2}, {4, 0.25}},
        Scaling{.curves = {kUnchanged, quantile_curve(std::vector<double>{0, 1, 10})}}}) {
    const bool alike = scaling.factor.size() == 1 && scaling.curves.empty();
    const int64_t features = alike ? 1 : 2;
    const at::Tensor items = stored.to(at::kFloat).unsqueeze(1).expand({5, features}).clone();
    const at::Tensor scaled = ItemScaling(scaling, {features}).apply(items.clone());
    for (int64_t i = 0; i < features; ++i) {
      EXPECT_TRUE(at::allclose(to_stored(scaling, i, scaled.select(1, i)), stored, 1e-6, 1e-6));
    }
  }
  const Scaling constant{{7, 1}, {0, 1}};
  EXPECT_EQ(to_stored(constant, 0, at::tensor({0.0, 5.0})).sum().item<double>(), 14);
}

TEST(ItemScaling, RefusesWhatDoesNotFitTheItem) {
  expect_contains(error_of([] {
                    ItemScaling({{0, 1}, {1, 1}}, {3});
                  }),
                  {"3 features", "2 offsets"});
  expect_contains(error_of([] { ItemScaling({.curves = {kUnchanged}}, {3}); }), {"1 curves"});
}

}  // namespace
}  // namespace hourglass::datasets
