#include "hourglass/evaluation/robust_scale.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::evaluation {
namespace {

TEST(RobustScale, IsMedianAndMedianDeviation) {
  // Median 4; distances 1, 2, 1, 0, 96, of which the median is 1.
  const RobustScale scale = fit_robust_scale(at::tensor({5.0, 2.0, 3.0, 4.0, 100.0}));
  EXPECT_DOUBLE_EQ(scale.median, 4);
  EXPECT_DOUBLE_EQ(scale.spread, 1.4826);
  EXPECT_DOUBLE_EQ(scale.score_at(2), 4 + 2 * 1.4826);
  EXPECT_DOUBLE_EQ(scale.deviations(at::tensor({4 + 3 * 1.4826}, at::kDouble)).item<double>(), 3);
}

TEST(RobustScale, OfScoresThatAreMostlyOneIsTheMeanDeviation) {
  const at::Tensor scores = at::tensor({1.0, 1.0, 1.0, 5.0});
  EXPECT_EQ(fit_robust_scale(scores).spread, 0);
  EXPECT_DOUBLE_EQ(fit_common_scale(scores).spread, 1.2533);
  const RobustScale of_equal = fit_common_scale(at::ones({3}));
  EXPECT_EQ(of_equal.spread, 0);
  EXPECT_DOUBLE_EQ(of_equal.deviations(at::tensor({3.0})).item<double>(), 2);
}

TEST(RobustScale, NeedsFiniteScores) {
  testing::expect_contains(
      testing::error_of([] {
        fit_robust_scale(at::tensor({1.0, std::numeric_limits<double>::quiet_NaN()}));
      }),
      {"finite", "item 1"});
}

}  // namespace
}  // namespace hourglass::evaluation
