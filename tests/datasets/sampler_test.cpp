#include "hourglass/datasets/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace hourglass::datasets {
namespace {

std::vector<int64_t> order(const Sampler& sampler, int64_t epoch) {
  std::vector<int64_t> positions(static_cast<size_t>(sampler.size()));
  sampler.positions(epoch, 0, positions);
  return positions;
}

std::vector<int64_t> ascending(int64_t first, size_t count) {
  std::vector<int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

TEST(ShuffledSampler, GivesEveryRowOnceInAnOrderOfTheEpoch) {
  const ShuffledSampler sampler(100, 7);
  const auto first = order(sampler, 1);
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, ascending(0, 100));
  EXPECT_NE(order(sampler, 2), first);
  EXPECT_EQ(order(sampler, 1), first);
  EXPECT_NE(order(ShuffledSampler(100, 8), 1), first);
}

TEST(ShuffledSampler, GivesAnyPartOfAnEpoch) {
  const ShuffledSampler sampler(100, 7);
  const auto whole = order(sampler, 3);
  std::vector<int64_t> part(10);
  sampler.positions(3, 40, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 40));
}

TEST(SequentialSampler, GivesEveryRowInItsPlace) {
  EXPECT_EQ(order(SequentialSampler(5), 3), ascending(0, 5));
  std::vector<int64_t> part(2);
  SequentialSampler(5).positions(1, 3, part);
  EXPECT_EQ(part, ascending(3, 2));
}

TEST(StretchSampler, GoesOnInTheRowsWhereTheLastEpochStopped) {
  const auto whole = std::make_shared<ShuffledSampler>(10, 7);
  const StretchSampler sampler(whole, 4);
  std::vector<int64_t> all;
  for (int64_t epoch = 1; epoch <= 5; ++epoch) {
    const auto part = order(sampler, epoch);
    all.insert(all.end(), part.begin(), part.end());
  }
  auto expected = order(*whole, 1);
  const auto second = order(*whole, 2);
  expected.insert(expected.end(), second.begin(), second.end());
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace hourglass::datasets
