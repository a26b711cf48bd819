#include "hourglass/evaluation/dictionary_measures.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

namespace hourglass::evaluation {
namespace {

at::Tensor rows(const std::vector<float>& values, int64_t width) {
  return at::tensor(values).view({-1, width});
}

TEST(DictionaryMeter, CountsUnitsThatSpeak) {
  DictionaryMeter meter;
  const at::Tensor x = rows({1, 2}, 1);
  meter.add(rows({1, 0, 0, 2, 3, 0}, 3), x, x);
  meter.add(rows({4, 0, 0}, 3), rows({3}, 1), rows({3}, 1));
  const DictionaryMeasures found = meter.measures();
  EXPECT_EQ(found.rows, 3);
  EXPECT_EQ(found.units, 3);
  EXPECT_DOUBLE_EQ(found.l0, 4.0 / 3);
  EXPECT_EQ(found.dead, 1);
  EXPECT_EQ(found.dense, 2);
}

TEST(DictionaryMeter, DenseUnitsSpeakInMoreThanATenthOfTheRows) {
  at::Tensor code = at::zeros({20, 3});
  code.narrow(0, 0, 2).select(1, 0).fill_(1);  // a tenth
  code.narrow(0, 0, 3).select(1, 1).fill_(1);
  DictionaryMeter meter;
  meter.add(code, at::zeros({20, 1}), at::zeros({20, 1}));
  EXPECT_EQ(meter.measures().dense, 1);
}

TEST(DictionaryMeter, ExplainedVarianceIsOfAllBatchesTogether) {
  // x is (0, 4), (2, 0), (4, 2): means 2 and 2, variance 8/3 each. Residuals: 1, 1 and 2.
  DictionaryMeter meter;
  const at::Tensor code = at::ones({1, 1});
  meter.add(code, rows({1, 4}, 2), rows({0, 4}, 2));
  meter.add(at::ones({2, 1}), rows({2, 1, 3, 1}, 2), rows({2, 0, 4, 2}, 2));
  const DictionaryMeasures found = meter.measures();
  EXPECT_NEAR(found.explained_variance, 1 - (4.0 / 3) / (16.0 / 3), 1e-12);
  EXPECT_NEAR(found.fvu(), 0.25, 1e-12);
}

TEST(DictionaryMeter, ValuesThatAreNotKnownCountForNothing) {
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  // x is (0, 4), (2, ?), (4, 2): variances 8/3 and 1. Residuals: 1 and 0, 1 and 1, of what is known.
  DictionaryMeter meter;
  meter.add(at::ones({1, 1}), rows({1, 4}, 2), rows({0, 4}, 2));
  meter.add(at::ones({2, 1}), rows({2, 7, 3, 1}, 2), rows({2, kUnknown, 4, 2}, 2));
  EXPECT_NEAR(meter.measures().explained_variance, 1 - (2.0 / 3 + 1.0 / 2) / (8.0 / 3 + 1), 1e-12);
}

TEST(DictionaryMeter, ItemsWithoutVarianceAreExplainedWhereTheyAreMet) {
  DictionaryMeter met, missed;
  met.add(at::ones({2, 1}), at::ones({2, 2}), at::ones({2, 2}));
  missed.add(at::ones({2, 1}), at::zeros({2, 2}), at::ones({2, 2}));
  EXPECT_EQ(met.measures().explained_variance, 1);
  EXPECT_EQ(missed.measures().explained_variance, 0);
}

}  // namespace
}  // namespace hourglass::evaluation
