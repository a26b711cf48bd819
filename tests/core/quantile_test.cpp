#include "hourglass/core/quantile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hourglass {
namespace {

TEST(QuantileOfSorted, InterpolatesBetweenNeighbours) {
  const std::vector<double> numbers = {1, 2, 4, 8};
  EXPECT_EQ(quantile_of_sorted(numbers, 0), 1);
  EXPECT_EQ(quantile_of_sorted(numbers, 0.5), 3);
  EXPECT_EQ(quantile_of_sorted(numbers, 0.75), 5);
  EXPECT_EQ(quantile_of_sorted(numbers, 1), 8);
  EXPECT_EQ(quantile_of_sorted(std::vector<double>{7}, 0.3), 7);
}

TEST(MedianOf, IsTheMiddleOrTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(median_of({8, 1, 2}), 2);
  EXPECT_EQ(median_of({8, 1, 2, 5}), 3.5);
  EXPECT_TRUE(std::isnan(median_of({})));
}

}  // namespace
}  // namespace hourglass
