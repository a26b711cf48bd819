#include "hourglass/datasets/sampler.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace hourglass::datasets {
namespace {

TEST(ShuffledSampler, GivesEveryRowOnceInAnOrderOfTheEpoch) {
  const ShuffledSampler sampler(100, 7);
  const at::Tensor first = sampler.order(1);
  EXPECT_TRUE(at::equal(std::get<0>(first.sort()), at::arange(100)));
  EXPECT_TRUE(at::equal(sampler.order(1), first));
  EXPECT_FALSE(at::equal(sampler.order(2), first));
  EXPECT_FALSE(at::equal(ShuffledSampler(100, 8).order(1), first));
}

TEST(SequentialSampler, GivesEveryRowInItsPlace) {
  EXPECT_TRUE(at::equal(SequentialSampler(5).order(3), at::arange(5)));
}

}  // namespace
}  // namespace hourglass::datasets
