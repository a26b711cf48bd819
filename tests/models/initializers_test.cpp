#include "hourglass/models/initializers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hourglass::models {
namespace {

TEST(Initializer, GlorotUniformFillsItsInterval) {
  at::manual_seed(1);
  at::Tensor kernel = at::empty({200, 100});
  initialize(Initializer::GlorotUniform, kernel, 100, 200);
  const double limit = std::sqrt(6.0 / 300);
  EXPECT_LE(kernel.abs().max().item<double>(), limit);
  EXPECT_GT(kernel.abs().max().item<double>(), 0.99 * limit);
  EXPECT_NEAR(kernel.mean().item<double>(), 0, 0.003);
  EXPECT_NEAR(kernel.std().item<double>(), limit / std::sqrt(3.0), 0.001);
}

TEST(Initializer, HeNormalIsCutAtTwoSigmaAndHasTheFullVariance) {
  at::manual_seed(1);
  at::Tensor kernel = at::empty({300, 100});
  initialize(Initializer::HeNormal, kernel, 100, 300);
  const double deviation = std::sqrt(2.0 / 100);
  EXPECT_NEAR(kernel.std().item<double>(), deviation, 0.002);
  EXPECT_LE(kernel.abs().max().item<double>(), 2 * deviation / 0.8796 + 1e-6);
  EXPECT_GT(kernel.abs().max().item<double>(), 1.95 * deviation / 0.8796);
}

TEST(Initializer, RepeatsWithTheSeed) {
  at::Tensor first = at::empty({4, 4}), second = at::empty({4, 4});
  for (const auto& [initializer, name] : names_of(Initializer{})) {
    at::manual_seed(5);
    initialize(initializer, first, 4, 4);
    at::manual_seed(5);
    initialize(initializer, second, 4, 4);
    EXPECT_TRUE(at::equal(first, second)) << name;
  }
}

}  // namespace
}  // namespace hourglass::models
