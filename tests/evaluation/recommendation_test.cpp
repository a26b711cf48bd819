#include "hourglass/evaluation/recommendation.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;

TEST(BestItems, LeaveOutWhatIsKnown) {
  const at::Tensor scores =
      at::tensor({0.1F, 0.5F, 0.5F, 0.9F, 0.3F, 0.2F, 0.1F, 0.0F}).view({2, 4});
  const at::Tensor known =
      at::tensor({0, 0, 0, 1, 1, 1, 0, 1}, at::kLong).to(at::kBool).view({2, 4});
  const BestItems best = best_items(scores, known, 2);
  EXPECT_TRUE(best.items.equal(at::tensor({1, 2, 2, -1}, at::kLong).view({2, 2})));
  EXPECT_EQ(best.scores[0][0].item<float>(), 0.5F);
  EXPECT_EQ(best.scores[1][0].item<float>(), 0.1F);
  EXPECT_TRUE(std::isnan(best.scores[1][1].item<float>()));
}

/// However many are asked for.
TEST(BestItems, AreNoMoreThanThereAre) {
  const at::Tensor none = at::zeros({2, 4}, at::kBool);
  const BestItems best = best_items(at::rand({2, 4}), none, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(best.items.sizes(), (at::IntArrayRef{2, 4}));
}

TEST(BestItems, RefuseOtherShapesAndNoNumbers) {
  const at::Tensor none = at::zeros({2, 4}, at::kBool);
  expect_contains(error_of([&] { best_items(at::zeros({2, 3}), none, 1); }), {"one shape"});
  expect_contains(error_of([&] { best_items(at::full({2, 4}, NAN), none, 1); }), {"NaN"});
}

/// Three users over six items: 0 and 5 are held out of the first, nothing of the second, and 1, 2, 3
/// and 4 of the third.
datasets::SparseRows three_users() { return {{0, 2, 2, 6}, {0, 5, 1, 2, 3, 4}, {6}}; }

TEST(RankingQuality, IsWhatAHandComputes) {
  const at::Tensor items = at::tensor({3, 5, 1, 0, 1, 2, 4, 0, 1}, at::kLong).view({3, 3});
  const RankingQuality quality = ranking_quality(items, three_users());
  EXPECT_EQ(quality.users, 2);
  EXPECT_DOUBLE_EQ(quality.recall, (1.0 / 2 + 2.0 / 4) / 2);
  const double second = 1 / std::log2(3.0), third = 1 / std::log2(4.0);
  EXPECT_DOUBLE_EQ(quality.ndcg, (second / (1 + second) + (1 + third) / (1 + second + third)) / 2);
}

TEST(RankingQuality, CountsHeldOutItemsThatCannotBeFound) {
  const at::Tensor items = at::tensor({0, 5, 3, 0, 1, 2, 1, 2, 3}, at::kLong).view({3, 3});
  EXPECT_DOUBLE_EQ(ranking_quality(items, three_users()).ndcg, 1);
  EXPECT_DOUBLE_EQ(ranking_quality(items, three_users()).recall, (1 + 0.75) / 2);
  const RankingQuality quality = ranking_quality(items, three_users(), {2, 1, 0});
  EXPECT_EQ(quality.users, 3);
  EXPECT_DOUBLE_EQ(quality.recall, (0.5 + 0 + 0.75) / 3);
}

TEST(RankingQuality, IsNothingWithoutHeldOutItems) {
  const datasets::SparseRows none({0, 0}, {}, {4});
  const RankingQuality quality = ranking_quality(at::tensor({1, 2}, at::kLong).view({1, 2}), none);
  EXPECT_EQ(quality.users, 0);
  EXPECT_EQ(quality.recall, 0);
  expect_contains(error_of([&] {
                    ranking_quality(at::zeros({2, 1}, at::kLong), none);
                  }),
                  {"each of 2 users, found 1"});
}

}  // namespace
}  // namespace hourglass::evaluation
