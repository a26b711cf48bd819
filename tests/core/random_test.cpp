#include "hourglass/core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace hourglass {
namespace {

TEST(Philox, MatchesThePublishedTestVectors) {
  // Random123's kat_vectors, "philox4x32 10".
  const std::array<uint32_t, 4> zeros = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  EXPECT_EQ(philox(0, 0, 0), zeros);
  const std::array<uint32_t, 4> ones = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
  EXPECT_EQ(philox(~0ULL, ~0ULL, ~0ULL), ones);
  const std::array<uint32_t, 4> pi = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
  EXPECT_EQ(philox(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88), pi);
}

TEST(Philox, NormalNumbersHaveMeanZeroAndVarianceOne) {
  double sum = 0, squares = 0;
  constexpr int kBlocks = 50'000;
  for (uint64_t i = 0; i < kBlocks; ++i) {
    const auto words = philox(7, 0, i);
    for (const float x : {to_normal(words[0], words[1])[0], to_normal(words[2], words[3])[1]}) {
      sum += x;
      squares += x * x;
    }
  }
  EXPECT_NEAR(sum / (2 * kBlocks), 0.0, 0.015);
  EXPECT_NEAR(squares / (2 * kBlocks), 1.0, 0.02);
}

TEST(Philox, NormalNumbersAreFiniteAtBothEnds) {
  EXPECT_TRUE(std::isfinite(to_normal(0xffffffff, 0)[0]));
  EXPECT_TRUE(std::isfinite(to_normal(0, 0)[0]));
}

TEST(DeriveSeed, DiffersBySeedPurposeAndIndex) {
  const std::set<uint64_t> seeds = {derive_seed(1, "shuffle", 0), derive_seed(2, "shuffle", 0),
                                    derive_seed(1, "weights", 0), derive_seed(1, "shuffle", 1)};
  EXPECT_EQ(seeds.size(), 4U);
  EXPECT_EQ(derive_seed(1, "shuffle", 1), derive_seed(1, "shuffle", 1));
}

}  // namespace
}  // namespace hourglass
