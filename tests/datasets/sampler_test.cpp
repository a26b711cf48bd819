#include "hourglass/datasets/sampler.h"

#include "hourglass/core/random.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
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

TEST(ShuffledSampler, ShufflesAsLibTorchDoes) {
  for (const int64_t size : {1, 2, 1000, 60'000}) {
    const uint64_t seed = derive_seed(7, "shuffle", 3);
    const at::Tensor expected = at::randperm(size, at::detail::createCPUGenerator(seed), at::kLong);
    EXPECT_TRUE(at::equal(at::tensor(order(ShuffledSampler(size, 7), 3), at::kLong), expected));
  }
}

TEST(ShuffledSampler, GivesAnyPartOfAnEpoch) {
  const ShuffledSampler sampler(100, 7);
  const auto whole = order(sampler, 3);
  std::vector<int64_t> part(10);
  sampler.positions(3, 40, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 40));
}

TEST(BlockSampler, GivesEveryRowOnceInAnOrderOfTheEpoch) {
  for (const int64_t size : {1, 99, 100, 101}) {
    const BlockSampler sampler(size, 10, 3, 7);
    for (int64_t epoch = 1; epoch <= 20; ++epoch) {  // the short block comes early and late
      auto sorted = order(sampler, epoch);
      std::sort(sorted.begin(), sorted.end());
      EXPECT_EQ(sorted, ascending(0, static_cast<size_t>(size)));
    }
  }
  const BlockSampler sampler(100, 10, 3, 7);
  const auto first = order(sampler, 1);
  EXPECT_NE(order(sampler, 2), first);
  EXPECT_EQ(order(sampler, 1), first);
  EXPECT_NE(order(BlockSampler(100, 10, 3, 8), 1), first);
}

TEST(BlockSampler, GivesAnyPartOfAnEpoch) {
  const BlockSampler whole_epoch(97, 10, 3, 7);
  for (int64_t epoch = 1; epoch <= 20; ++epoch) {
    const auto whole = order(whole_epoch, epoch);
    for (const int64_t first : {0L, 19L, 25L, 29L, 60L, 90L}) {
      std::vector<int64_t> part(7);
      BlockSampler(97, 10, 3, 7).positions(epoch, first, part);
      EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + first)) << first;
    }
  }
}

TEST(BlockSampler, ShufflesTheRowsOfAWindowsBlocksTogether) {
  const auto rows = order(BlockSampler(120, 10, 3, 7), 1);
  for (size_t window = 0; window < 4; ++window) {
    std::set<int64_t> blocks;
    for (size_t i = 0; i < 30; ++i) blocks.insert(rows[window * 30 + i] / 10);
    EXPECT_EQ(blocks.size(), 3U) << "whole blocks, and no others";
    EXPECT_GT(std::set<int64_t>({rows[window * 30] / 10, rows[window * 30 + 1] / 10,
                                 rows[window * 30 + 2] / 10, rows[window * 30 + 3] / 10,
                                 rows[window * 30 + 4] / 10})
                  .size(),
              1U)
        << "its blocks are mixed";
  }
}

/// Keeps what it is told of rows that are soon to be read.
class Listener final : public DatasetDecorator {
 public:
  using DatasetDecorator::DatasetDecorator;
  Batch batch(const at::Tensor& positions, int64_t epoch) const override {
    return inner().batch(positions, epoch);
  }
  DatasetPtr to(at::Device) const override { return nullptr; }
  void expect_reading(int64_t first, int64_t count) const override {
    for (int64_t i = 0; i < count; ++i) told.insert(first + i);
  }
  mutable std::set<int64_t> told;
};

TEST(BlockSampler, SaysWhichRowsTheNextWindowHas) {
  const auto listener = std::make_shared<Listener>(
      std::make_shared<TensorDataset>(at::zeros({97, 1}), at::Tensor(), Scaling()));
  const BlockSampler sampler(97, 10, 3, 7, listener);
  const auto rows = order(BlockSampler(97, 10, 3, 7), 1);
  std::vector<int64_t> part(1);
  sampler.positions(1, 0, part);
  const std::set<int64_t> told = listener->told;
  EXPECT_GE(told.size(), 27U);
  for (const int64_t row : told) {
    const auto place = std::find(rows.begin(), rows.end(), row) - rows.begin();
    EXPECT_GE(place, 27) << "behind the first window, which may have the short block";
    EXPECT_LT(place, 60);
  }
}

TEST(Shuffle, IsWrittenAsItIsRead) {
  for (const char* text : {"auto", "full", "none", "blocks:64,16"}) {
    EXPECT_EQ(Shuffle::parse(text)->text(), text);
  }
  EXPECT_EQ(Shuffle::parse("blocks:64")->text(), "blocks:64,256");
  for (const char* text : {"", "blocks", "blocks:", "blocks:0", "blocks:8,0", "blocks:8,2,1",
                           "blocks:x", "blocks:99999999999"}) {
    EXPECT_FALSE(Shuffle::parse(text)) << text;
  }
}

TEST(BlocksFor, HasFewerRowsInABlockWhereItemsAreLarge) {
  EXPECT_EQ(blocks_for({128}).text(), "blocks:256,256");
  EXPECT_EQ(blocks_for({3, 128, 128}).text(), "blocks:1,256");
  EXPECT_EQ(blocks_for({1024}).text(), "blocks:64,256");
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
