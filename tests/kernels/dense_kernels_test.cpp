// The passes of dense layers against plain loops, for every instruction set. The fused engine's
// comparison with autograd tests what they compute together.

#include "hourglass/kernels/bernoulli.h"
#include "hourglass/kernels/dense_passes.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/kernels/losses.h"
#include "hourglass/kernels/matrix_product.h"
#include "hourglass/kernels/scaling.h"
#include "hourglass/tests/kernels/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace hourglass::kernels {
namespace {

class DenseKernels : public ::testing::TestWithParam<std::string> {
 protected:
  const WithInstructionSet with_{GetParam()};
};

TEST_P(DenseKernels, ProductsEqualPlainLoopsAtOddSizes) {
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{
           {1, 1, 1}, {3, 17, 5}, {14, 33, 300}, {29, 48, 7}, {40, 31, 513}}) {
    for (const Left lies : {Left::Rows, Left::Columns}) {
      for (const Into into : {Into::Overwrite, Into::Add}) {
        const bool by_rows = lies == Left::Rows;
        Rows left(by_rows ? m : k, by_rows ? k : m, 1), right(k, n, 2), result(m, n, 3),
            before(m, n, 3);
        multiply({m, n, k}, {left.data(), left.stride(), lies}, right, result, into);
        for (int64_t i = 0; i < m; ++i) {
          for (int64_t j = 0; j < n; ++j) {
            double sum = into == Into::Add ? before.at(i, j) : 0;
            for (int64_t p = 0; p < k; ++p) {
              sum += double{by_rows ? left.at(i, p) : left.at(p, i)} * right.at(p, j);
            }
            // Rounding grows with the number of terms.
            ASSERT_NEAR(result.at(i, j), sum, 1e-7 * static_cast<double>(k + 10))
                << m << " " << n << " " << k;
          }
        }
      }
    }
  }
}

TEST_P(DenseKernels, TransposesAtOddSizes) {
  Rows in(13, 22, 1), out(22, 13, 2);
  transpose({13, 22}, in, out);
  for (int64_t i = 0; i < 13; ++i) {
    for (int64_t j = 0; j < 22; ++j) ASSERT_EQ(out.at(j, i), in.at(i, j));
  }
}

TEST_P(DenseKernels, SumsColumns) {
  Rows rows(9, 21, 1), sums(1, 21, 2);
  sum_columns({9, 21}, rows, sums.data());
  for (int64_t j = 0; j < 21; ++j) {
    double sum = 0;
    for (int64_t i = 0; i < 9; ++i) sum += rows.at(i, j);
    ASSERT_NEAR(sums.at(0, j), sum, 1e-6);
  }
}

/// By one offset and factor, and by those of each value; the first is left out, so that nothing is aligned.
template <class Stored>
void expect_scaled(const std::vector<Stored>& in) {
  std::vector<float> offsets(in.size()), factors(in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    offsets[i] = 0.3F * static_cast<float>(i) - 4;
    factors[i] = 2 / static_cast<float>(i + 3);
  }
  const auto count = static_cast<int64_t>(in.size()) - 1;
  std::vector<float> alike(in.size() + 1, -1), each(in.size() + 1, -1);
  scale(count, in.data() + 1, 3, 0.25F, alike.data() + 1);
  scale(count, in.data() + 1, offsets.data() + 1, factors.data() + 1, each.data() + 1);
  for (size_t i = 1; i < in.size(); ++i) {
    const auto value = static_cast<float>(in[i]);
    ASSERT_EQ(alike[i], (value - 3) * 0.25F) << i;
    ASSERT_EQ(each[i], (value - offsets[i]) * factors[i]) << i;
  }
  for (const auto& out : {alike, each}) {
    EXPECT_EQ(out.front(), -1);
    EXPECT_EQ(out.back(), -1);
  }
}

TEST_P(DenseKernels, ScalesBytesAndFloats) {
  std::vector<uint8_t> bytes(102);  // 101 leave a rest of vectors of any width
  std::iota(bytes.begin(), bytes.end(), uint8_t{200});
  expect_scaled(bytes);
  std::vector<float> floats(bytes.size());
  for (size_t i = 0; i < floats.size(); ++i) floats[i] = 0.37F * static_cast<float>(i) - 5;
  expect_scaled(floats);
}

/// IEEE's binary16: a sign, 5 bits of exponent, 10 of mantissa.
double float16_of(uint16_t bits) {
  const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  double size = std::ldexp(mantissa, -24);  // subnormal
  if (exponent > 0) size = std::ldexp(1024 + mantissa, exponent - 25);
  if (exponent == 31) size = std::numeric_limits<double>::infinity();
  if (exponent == 31 && mantissa > 0) size = std::numeric_limits<double>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -size : size;
}

/// The upper half of a float32.
double bfloat16_of(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

/// Every number of 16 bits, not aligned, and five again that are a rest of vectors of any width: the largest of float16,
/// infinity and NaN. `value` tells what numbers they are.
void expect_every_half_widened(void (*widen)(int64_t, const uint16_t*, float*),
                               double (*value)(uint16_t)) {
  constexpr size_t kCount = 65536 + 5;
  std::vector<uint16_t> halves(kCount + 1);
  std::iota(halves.begin(), halves.end(), uint16_t{0x7BFD});
  std::vector<float> out(kCount + 2, -1);
  widen(int64_t{kCount}, halves.data() + 1, out.data() + 1);
  for (size_t i = 1; i <= kCount; ++i) {
    const double expected = value(halves[i]);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(out[i])) << halves[i] << " became " << out[i];
    } else {
      ASSERT_EQ(out[i], expected) << halves[i];
      ASSERT_EQ(std::signbit(out[i]), std::signbit(expected)) << halves[i];
    }
  }
  EXPECT_EQ(out.front(), -1);
  EXPECT_EQ(out.back(), -1);
}

TEST_P(DenseKernels, WidensEveryFloat16) { expect_every_half_widened(widen_float16, float16_of); }

TEST_P(DenseKernels, WidensEveryBfloat16) {
  expect_every_half_widened(widen_bfloat16, bfloat16_of);
}

/// Binary cross-entropy of a logit in double.
double cross_entropy(double a, double x) {
  return std::max(a, 0.0) - a * x + std::log1p(std::exp(-std::abs(a)));
}

TEST_P(DenseKernels, CrossEntropyIsRightForAnyLogit) {
  constexpr int64_t kColumns = 19;
  Rows logits(2, kColumns, 1), target(2, kColumns, 2), bias(1, kColumns, 3);
  const std::vector<float> extremes = {0, 1e-8F, 20, -20, 90, -90, 1e4F, -1e4F};
  for (size_t j = 0; j < extremes.size(); ++j) logits.at(1, static_cast<int64_t>(j)) = extremes[j];
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t j = 0; j < kColumns; ++j) target.at(i, j) = std::abs(target.at(i, j));
  }
  double expected = 0;
  std::vector<double> gradients;
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t j = 0; j < kColumns; ++j) {
      const double a = double{logits.at(i, j) + bias.at(0, j)}, x = target.at(i, j);
      expected += cross_entropy(a, x);
      gradients.push_back(0.5 * (1 / (1 + std::exp(-a)) - x));
    }
  }
  std::vector<float> row_losses(2);
  const double sum = loss_pass({.rows = 2,
                                .columns = kColumns,
                                .bias = bias.data(),
                                .logits = logits,
                                .target = target,
                                .scale = 0.5F,
                                .row_losses = row_losses.data()});
  EXPECT_NEAR(sum, expected, 1e-6 * expected);
  EXPECT_NEAR(row_losses[0] + row_losses[1], expected, 1e-6 * expected);
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t j = 0; j < kColumns; ++j) {
      EXPECT_NEAR(logits.at(i, j), gradients[static_cast<size_t>(i * kColumns + j)], 2e-7);
    }
    // Padding has no gradient, so that no weight learns from it.
    for (int64_t j = kColumns; j < padded(kColumns); ++j) EXPECT_EQ(logits.at(i, j), 0);
  }
}

/// ln of the density in double, of a probability that is clamped in float32.
double bernoulli(float probability, double x, float least) {
  const double p = std::clamp(probability, least, 1 - least);
  return x * std::log(p) + (1 - x) * std::log1p(-p);
}

TEST_P(DenseKernels, BernoulliDensityEqualsPlainLoops) {
  constexpr float kLeast = 1e-7F;
  for (const int64_t columns : {1, 16, 19, 300}) {
    const auto width = static_cast<size_t>(columns);
    std::vector<float> p(3 * width), x(3 * width);
    for (size_t i = 0; i < p.size(); ++i) {
      p[i] = static_cast<float>(i * 7 % 101) / 100;  // 0 and 1, too
      x[i] = static_cast<float>(i % 5) / 4;
    }
    p[0] = 1e-5F;
    x[1] = std::numeric_limits<float>::quiet_NaN();
    for (const bool shared : {false, true}) {
      const int64_t stride = shared ? 0 : columns;
      std::vector<double> found(3);
      bernoulli_log_density({3, columns, p.data(), x.data(), stride, kLeast}, found.data());
      for (size_t i = 0; i < 3; ++i) {
        double expected = 0;
        for (size_t j = 0; j < width; ++j) {
          const double value = double{x[(shared ? 0 : i * width) + j]};
          if (!std::isnan(value)) expected += bernoulli(p[i * width + j], value, kLeast);
        }
        ASSERT_NEAR(found[i], expected, 1e-6 * std::abs(expected)) << columns << " " << shared;
      }
    }
  }
}

TEST_P(DenseKernels, AProbabilityThatIsNoNumberTellsInTheDensity) {
  const std::vector<float> p = {0.5F, std::numeric_limits<float>::quiet_NaN()}, x = {1, 0};
  double found = 0;
  bernoulli_log_density({1, 2, p.data(), x.data(), 0, 1e-7F}, &found);
  EXPECT_TRUE(std::isnan(found));
}

TEST_P(DenseKernels, ALossOfWhatIsNoNumberIsNone) {
  for (const Loss loss : {Loss::Bce, Loss::Mse, Loss::Mae}) {
    Rows logits(1, 5, 1), target(1, 5, 2), bias(1, 5, 3);
    logits.at(0, 3) = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(std::isfinite(loss_pass({.loss = loss,
                                          .rows = 1,
                                          .columns = 5,
                                          .bias = bias.data(),
                                          .logits = logits,
                                          .target = target})));
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, DenseKernels, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace hourglass::kernels
