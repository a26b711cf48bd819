#include "hourglass/evaluation/disentanglement.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hourglass::evaluation {
namespace {

/// All combinations of two factors of five values, forty times.
Factors two_factors() {
  const at::Tensor places = at::arange(1000, at::kLong);
  return {
      .names = {"size", "angle"},
      .values =
          at::stack({places.remainder(5), places.div(5, "floor").remainder(5)}, 1).to(at::kDouble)};
}

TEST(Disentanglement, OfCodesThatAreTheFactorsIsWhole) {
  const Factors factors = two_factors();
  const at::Tensor codes = factors.values.flip(1) * at::tensor({-3.0, 10.0}, at::kDouble) + 1;
  const Disentanglement found = measure_disentanglement(codes, factors);
  EXPECT_NEAR(found.mutual_information_gap, 1, 1e-9);
  EXPECT_NEAR(found.disentanglement, 1, 1e-9);
  EXPECT_NEAR(found.completeness, 1, 1e-9);
  // A lasso's weights are 1 − α here.
  EXPECT_NEAR(found.informativeness, 1 - 0.02 * 0.02, 1e-4);
  EXPECT_EQ(found.factors[0].name, "size");
  EXPECT_EQ(found.factors[0].unit, 1);
  EXPECT_EQ(found.factors[1].unit, 0);
  EXPECT_NEAR(found.factors[1].information_share, 1, 1e-9);
}

/// Each unit is as much of one factor as of the other.
TEST(Disentanglement, OfCodesThatMixTheFactorsIsNone) {
  const Factors factors = two_factors();
  const at::Tensor sum = factors.values.sum(1),
                   difference = factors.values.select(1, 0) - factors.values.select(1, 1);
  const Disentanglement found = measure_disentanglement(at::stack({sum, difference}, 1), factors);
  EXPECT_NEAR(found.mutual_information_gap, 0, 1e-9);
  // The half that the lasso is fitted on is not quite balanced.
  EXPECT_NEAR(found.disentanglement, 0, 0.01);
  EXPECT_NEAR(found.completeness, 0, 0.01);
  EXPECT_GT(found.informativeness, 0.99);
}

/// I(z; v) / H(v) of a unit that tells odd from even, where four values are as likely.
TEST(Disentanglement, OfAUnitThatSaysHalfIsHalf) {
  const at::Tensor values = at::arange(400, at::kLong).div(2, "floor").remainder(4);
  const Disentanglement found = measure_disentanglement(
      at::stack({values.remainder(2), at::zeros_like(values)}, 1).to(at::kDouble),
      {.names = {"four"}, .values = values.to(at::kDouble).unsqueeze(1)});
  EXPECT_NEAR(found.factors[0].information_share, 0.5, 1e-9);
  EXPECT_NEAR(found.mutual_information_gap, 0.5, 1e-9);
}

/// Of orthogonal columns it is the soft threshold; in general the slope of the error is α where a weight
/// is, and less where none is.
TEST(Lasso, FulfilsItsConditions) {
  at::manual_seed(3);
  const at::Tensor x = at::randn({200, 4}, at::kDouble);
  const at::Tensor centred = x - x.mean(0);
  const at::Tensor target =
      at::matmul(centred, at::tensor({2.0, -0.5, 0.01, 0.0}, at::kDouble)).unsqueeze(1);
  const at::Tensor weights = lasso(centred, target, 0.1);  // [1, 4]
  const at::Tensor slope =
      at::matmul(centred.t(), target - at::matmul(centred, weights.t())).flatten() / 200;
  for (int64_t d = 0; d < 4; ++d) {
    const double weight = weights[0][d].item<double>(), own = slope[d].item<double>();
    if (weight == 0) {
      EXPECT_LE(std::abs(own), 0.1 + 1e-9) << d;
    } else {
      EXPECT_NEAR(own, std::copysign(0.1, weight), 1e-6) << d;
    }
  }
  EXPECT_EQ(weights[0][3].item<double>(), 0);
}

/// Items in the order of their factors, the fastest of which has two values.
TEST(Disentanglement, DoesNotDependOnTheOrderOfTheItems) {
  const at::Tensor places = at::arange(400, at::kLong);
  const Factors factors = {
      .names = {"side", "size"},
      .values =
          at::stack({places.remainder(2), places.div(2, "floor").remainder(4)}, 1).to(at::kDouble)};
  const Disentanglement found = measure_disentanglement(factors.values, factors);
  EXPECT_NEAR(found.disentanglement, 1, 1e-9);
  EXPECT_NEAR(found.informativeness, 1, 1e-3);
}

TEST(Disentanglement, RefusesWhatDoesNotFit) {
  const Factors factors = two_factors();
  using testing::error_of;
  testing::expect_contains(error_of([&] {
                             measure_disentanglement(at::rand({7, 2}), factors);
                           }),
                           {"each of the 7 evaluated items", "found 1000"});
  Factors constant = factors;
  constant.values.select(1, 1).fill_(3);
  testing::expect_contains(error_of([&] {
                             measure_disentanglement(at::rand({1000, 2}), constant);
                           }),
                           {"'angle' to vary", "found 3 alone"});
}

}  // namespace
}  // namespace hourglass::evaluation
