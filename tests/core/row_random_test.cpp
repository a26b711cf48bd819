#include "hourglass/core/row_random.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace hourglass {
namespace {

at::Tensor rows(const std::vector<int64_t>& numbers) { return at::tensor(numbers, at::kLong); }

TEST(RowRandom, ARowsNumbersDependOnSeedPurposeEpochAndRowAlone) {
  const RowRandom random(7, 3);
  const at::Tensor batch = random.normal("sampling", rows({5, 9, 2}), {2, 3});
  EXPECT_EQ(batch.sizes(), (std::vector<int64_t>{3, 2, 3}));
  EXPECT_TRUE(at::equal(random.normal("sampling", rows({2}), {2, 3})[0], batch[2]));
  EXPECT_TRUE(at::equal(random.normal("sampling", rows({2, 5}), {2, 3})[1], batch[0]));
  EXPECT_FALSE(at::equal(batch[0], batch[1]));
  EXPECT_FALSE(at::equal(random.normal("prior", rows({5}), {2, 3})[0], batch[0]));
  EXPECT_FALSE(at::equal(RowRandom(8, 3).normal("sampling", rows({5}), {2, 3})[0], batch[0]));
  EXPECT_FALSE(at::equal(RowRandom(7, 4).normal("sampling", rows({5}), {2, 3})[0], batch[0]));
}

TEST(RowRandom, NumbersAreDistributedAsTheySay) {
  const RowRandom random(1);
  const at::Tensor many = at::arange(50'000);
  const at::Tensor normal = random.normal("a", many, {3});
  EXPECT_NEAR(normal.mean().item<double>(), 0, 0.01);
  EXPECT_NEAR(normal.std().item<double>(), 1, 0.01);
  const at::Tensor uniform = random.uniform("a", many, {3});
  EXPECT_NEAR(uniform.mean().item<double>(), 0.5, 0.005);
  EXPECT_GE(uniform.min().item<double>(), 0);
  EXPECT_LT(uniform.max().item<double>(), 1);
}

TEST(RowRandom, LikeATensorMeansItsShapeAndType) {
  const at::Tensor like = at::zeros({2, 4}, at::kDouble);
  const at::Tensor normal = RowRandom(1).normal_like("a", rows({0, 1}), like);
  EXPECT_EQ(normal.sizes(), like.sizes());
  EXPECT_EQ(normal.scalar_type(), at::kDouble);
  EXPECT_FALSE(normal.requires_grad());
}

}  // namespace
}  // namespace hourglass
