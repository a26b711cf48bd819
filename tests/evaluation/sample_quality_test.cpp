#include "hourglass/evaluation/sample_quality.h"

#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hourglass::evaluation {
namespace {

/// Numbers that a formula gives here and in make_reference.py: [rows, columns] float32.
at::Tensor pattern(int64_t rows, int64_t columns, double shift) {
  const at::Tensor i = at::arange(rows, at::kDouble).unsqueeze(1) + shift;
  const at::Tensor j = at::arange(1, columns + 1, at::kDouble);
  return ((i * j * 0.7 + i.square() * 0.013).sin() + shift * 0.05 * j).to(at::kFloat);
}

TEST(SampleQuality, IsThatOfPublicImplementations) {
  const nlohmann::json expected = testing::reference("sample_quality");
  const SampleQuality found = measure_samples(pattern(300, 5, 0), pattern(200, 5, 1.5), 5);
  EXPECT_NEAR(found.frechet, expected["frechet"].get<double>(), 1e-6);
  EXPECT_NEAR(found.mmd, expected["mmd"].get<double>(), 1e-9);
  EXPECT_NEAR(found.precision, expected["precision"].get<double>(), 1e-12);
  EXPECT_NEAR(found.recall, expected["recall"].get<double>(), 1e-12);
  EXPECT_NEAR(found.density, expected["density"].get<double>(), 1e-12);
  EXPECT_NEAR(found.coverage, expected["coverage"].get<double>(), 1e-12);
}

TEST(SampleQuality, OfPointsOnALineByHand) {
  // Balls of the real points 0, 1, 3 reach 1, 1, 2; of the samples 1.5, 9, 10 they reach 7.5, 1, 1.
  const at::Tensor real = at::tensor({0.0, 1.0, 3.0}).unsqueeze(1);
  const at::Tensor samples = at::tensor({1.5, 9.0, 10.0}).unsqueeze(1);
  const SampleQuality found = measure_samples(real, samples, 1);
  EXPECT_DOUBLE_EQ(found.precision, 1.0 / 3);  // 1.5 alone
  EXPECT_DOUBLE_EQ(found.recall, 1);           // all within 7.5 of 1.5
  EXPECT_DOUBLE_EQ(found.density, 2.0 / 3);    // 1.5 is in the balls of 1 and 3
  EXPECT_DOUBLE_EQ(found.coverage, 2.0 / 3);   // those two
  // Means 4/3 and 41/6; variances 7/3 and 259/12.
  EXPECT_NEAR(found.frechet, 5.5 * 5.5 + 7.0 / 3 + 259.0 / 12 - 2 * std::sqrt(7.0 / 3 * 259 / 12),
              1e-9);
}

TEST(SampleQuality, OfTheItemsThemselvesIsBest) {
  const at::Tensor rows = pattern(50, 4, 0);
  const SampleQuality found = measure_samples(rows, rows);
  EXPECT_NEAR(found.frechet, 0, 1e-6);
  EXPECT_EQ(found.precision, 1);
  EXPECT_EQ(found.coverage, 1);
}

TEST(SampleQuality, RefusesTooFewAndOtherFeatures) {
  using testing::error_of;
  testing::expect_contains(error_of([] { measure_samples(pattern(9, 2, 0), pattern(5, 2, 0)); }),
                           {"more than 5", "5 and 9"});
  testing::expect_contains(error_of([] { measure_samples(pattern(9, 2, 0), pattern(9, 3, 0)); }),
                           {"2 features", "3"});
}

}  // namespace
}  // namespace hourglass::evaluation
