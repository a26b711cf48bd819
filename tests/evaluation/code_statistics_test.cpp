#include "hourglass/evaluation/code_statistics.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

TEST(CodeStatistics, CountDeadAndActiveUnits) {
  at::manual_seed(1);
  const at::Tensor codes = at::randn({1000, 4}) * at::tensor({2.0F, 0.2F, 0.05F, 0.0F}) + 5;
  const CodeStatistics statistics = code_statistics(codes);
  EXPECT_EQ(statistics.units, 4);
  EXPECT_EQ(statistics.dead_units, 1);
  EXPECT_EQ(statistics.active_units, 2);  // variances 4 and 0.04; 0.0025 is below 0.01
  EXPECT_EQ(statistics.covariance_rank, 3);
}

TEST(CodeStatistics, DescribeEachUnit) {
  const CodeStatistics statistics =
      code_statistics(at::tensor({1.0F, 0.0F, 3.0F, 4.0F}).view({2, 2}));
  EXPECT_TRUE(at::equal(statistics.mean, at::tensor({2.0, 2.0}, at::kDouble)));
  EXPECT_TRUE(at::equal(statistics.deviation, at::tensor({1.0, 2.0}, at::kDouble)));
  EXPECT_TRUE(at::equal(statistics.least, at::tensor({1.0, 0.0}, at::kDouble)));
  EXPECT_TRUE(at::equal(statistics.greatest, at::tensor({3.0, 4.0}, at::kDouble)));
}

TEST(CodeStatistics, TheRankIsThatOfTheSpaceTheCodesSpan) {
  at::manual_seed(1);
  const at::Tensor codes = at::matmul(at::randn({500, 3}), at::randn({3, 16}));  // as float32
  EXPECT_EQ(code_statistics(codes).covariance_rank, 3);
  EXPECT_EQ(code_statistics(at::ones({5, 3})).covariance_rank, 0);
}

TEST(CodeStatistics, TakeCodesOfAnyShape) {
  EXPECT_EQ(code_statistics(at::rand({5, 2, 3, 4})).units, 24);
}

TEST(CodeStatistics, RefuseNoCodesAndSuchAsAreNotFinite) {
  testing::expect_contains(testing::error_of([] { code_statistics(at::empty({0, 3})); }),
                           {"found 0 values"});
  at::Tensor codes = at::rand({3, 2});
  codes[1][1] = NAN;
  testing::expect_contains(testing::error_of([&] { code_statistics(codes); }),
                           {"found nan in row 1, unit 1"});
}

}  // namespace
}  // namespace hourglass::evaluation
