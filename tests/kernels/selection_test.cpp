// Selection and sparse products against plain loops, for every instruction set.

#include "hourglass/kernels/selection.h"

#include "hourglass/kernels/instruction_set.h"
#include "hourglass/kernels/sparse_products.h"
#include "hourglass/tests/kernels/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace hourglass::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class SparseKernels : public ::testing::TestWithParam<std::string> {
 protected:
  const WithInstructionSet with_{GetParam()};
};

TEST_P(SparseKernels, KeepsWhatIsAboveTheFloorOfItsColumnAndTheBoundOfItsRow) {
  constexpr int64_t kHeight = 5, kWidth = 37, kStride = 64 + 16;
  Rows values(kHeight, kWidth, 1), biases(1, kWidth, 2), scales(1, kWidth, 3), floors(1, kWidth, 4);
  for (int64_t j = kWidth; j < padded(kWidth); ++j) floors.data()[j] = kInfinity;
  values.at(2, 3) = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> bounds = {-kInfinity, -0.5F, 0, 0.3F, kInfinity};
  std::vector<float> kept(kHeight * kStride);
  std::vector<int32_t> columns(kHeight * kStride);
  std::vector<int64_t> counts = {0, 3, 0, 0, 0};
  columns[kStride] = 77;  // what was there before
  keep_larger({kHeight, kWidth}, values, {biases.data(), scales.data(), floors.data()}, 100,
              {kept.data(), columns.data(), kStride, counts.data(), bounds.data()});
  EXPECT_EQ(columns[kStride], 77);
  for (int64_t i = 0; i < kHeight; ++i) {
    int64_t place = i * kStride + (i == 1 ? 3 : 0);
    for (int64_t j = 0; j < kWidth; ++j) {
      const float key = (values.at(i, j) + biases.at(0, j)) * scales.at(0, j);
      if (!(key > floors.at(0, j) && key > bounds[static_cast<size_t>(i)])) continue;
      EXPECT_EQ(columns[static_cast<size_t>(place)], 100 + j);
      EXPECT_EQ(kept[static_cast<size_t>(place)], key);
      ++place;
    }
    EXPECT_EQ(counts[static_cast<size_t>(i)], place - i * kStride);
  }
  EXPECT_GT(counts[0], 0);
  EXPECT_EQ(counts[4], 0);
}

TEST_P(SparseKernels, KthLargestIsThatOfASort) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (const int64_t count : {1, 2, 15, 16, 17, 100}) {
    std::vector<float> values(static_cast<size_t>(count));
    for (auto& value : values) value = normal(random);
    if (count > 4) values[1] = values[3] = values[4] = 0.25F;  // equal ones are counted each
    std::vector<float> sorted = values;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    for (int64_t k = 1; k <= count; ++k) {
      ASSERT_EQ(kth_largest(count, values.data(), k), sorted[static_cast<size_t>(k - 1)])
          << count << " " << k;
    }
  }
  const std::vector<float> extremes = {-0.0F, 1e-42F, 3e38F, -3e38F, -1e-42F};
  EXPECT_EQ(kth_largest(5, extremes.data(), 1), 3e38F);
  EXPECT_EQ(kth_largest(5, extremes.data(), 2), 1e-42F);
  EXPECT_EQ(kth_largest(5, extremes.data(), 5), -3e38F);
}

TEST_P(SparseKernels, ProductsOfNamedRowsEqualPlainLoops) {
  for (const int64_t columns : {1, 16, 37, 130, 300}) {
    Rows matrix(20, columns, 1), vector(1, columns, 2), sum(1, columns, 3), before(1, columns, 3);
    for (int64_t j = columns; j < padded(columns); ++j) vector.data()[j] = 0;
    const std::vector<int32_t> rows = {7, 0, 19, 7, 3};
    const std::vector<float> factors = {0.5F, -1, 2, 0.25F, 0};
    combine_rows(columns, {rows.data(), factors.data(), 5}, matrix, sum.data(), Into::Add);
    std::vector<float> products(5);
    multiply_by_rows(columns, vector.data(), 5, rows.data(), matrix, products.data());
    for (int64_t j = 0; j < columns; ++j) {
      double expected = before.at(0, j);
      for (size_t t = 0; t < 5; ++t) expected += double{factors[t]} * matrix.at(rows[t], j);
      ASSERT_NEAR(sum.at(0, j), expected, 1e-6);
    }
    for (size_t t = 0; t < 5; ++t) {
      double expected = 0;
      for (int64_t j = 0; j < columns; ++j)
        expected += double{vector.at(0, j)} * matrix.at(rows[t], j);
      ASSERT_NEAR(products[t], expected, 1e-5);
    }
    combine_rows(columns, {rows.data(), factors.data(), 0}, matrix, sum.data());
    for (int64_t j = 0; j < columns; ++j) ASSERT_EQ(sum.at(0, j), 0) << "of nothing";
  }
}

TEST_P(SparseKernels, NormsOfRows) {
  Rows matrix(3, 21, 1);
  for (int64_t i = 0; i < 3; ++i) std::fill_n(matrix.data() + i * 32 + 21, 11, 0.0F);
  std::vector<float> norms(3);
  row_norms(3, 21, matrix, norms.data());
  for (int64_t i = 0; i < 3; ++i) {
    double squares = 0;
    for (int64_t j = 0; j < 21; ++j) squares += double{matrix.at(i, j)} * matrix.at(i, j);
    EXPECT_NEAR(norms[static_cast<size_t>(i)], std::sqrt(squares), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, SparseKernels, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace hourglass::kernels
