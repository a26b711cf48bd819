#include "hourglass/models/importance_weighted.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace hourglass::models {
namespace {

/// q(z|x) = N(x/2, ½) and x̂ = z: with p(x|z) ∝ exp(−(x − z)²), whose Gaussian has variance ½, the
/// posterior is N(2x/3, 1/3), so q is not exact and the bound depends on k.
ImportanceWeighted linear_gaussian(int64_t samples) {
  ImportanceWeighted model({.importance_samples = samples},
                           {.shapes = {{1}, {1}},
                            .network = DenseNetwork{.widths = {1}},
                            .likelihood = {Loss::Mse, Activation::Linear}});
  set_parameter(model, "encoder.mean.weight", at::full({1, 1}, 0.5));
  set_parameter(model, "encoder.log_variance.weight", at::zeros({1, 1}));
  set_parameter(model, "encoder.log_variance.bias", at::full({1}, std::log(0.5)));
  set_parameter(model, "decoder.dense1.weight", at::ones({1, 1}));
  return model;
}

/// ∫ exp(−(x − z)²) N(z; 0, 1) dz = √(1/3) exp(−x²/3).
double log_evidence(double x) { return 0.5 * std::log(1.0 / 3) - x * x / 3; }

double bound(int64_t samples, double x, int64_t rows) {
  auto model = linear_gaussian(samples);
  const at::NoGradGuard no_grad;
  const auto values = model.losses(batch_of(at::full({rows, 1}, x)), step_with_seed(1));
  return -value_of(model, values, "bound");
}

TEST(ImportanceWeighted, OneSampleIsTheVariationalBound) {
  // E_q[−(x − z)²] − KL(q ‖ p) for x = 1: −(¼ + ½) − ½ (½ + ¼ − 1 + ln 2) by hand.
  EXPECT_NEAR(bound(1, 1, 100'000), -0.75 - 0.5 * (-0.25 + std::numbers::ln2), 0.02);
}

TEST(ImportanceWeighted, MoreSamplesTightenTheBoundTowardsTheEvidence) {
  const double one = bound(1, 1.5, 4000), five = bound(5, 1.5, 4000), many = bound(500, 1.5, 200);
  EXPECT_LT(one, five);
  EXPECT_LT(five, many);
  EXPECT_NEAR(many, log_evidence(1.5), 0.02);
}

TEST(ImportanceWeighted, StaysFiniteWhereSingleWeightsUnderflow) {
  EXPECT_TRUE(std::isfinite(bound(5, 100, 4)));
}

TEST(ImportanceWeighted, DeclaresTheBoundAndReportsItsParts) {
  auto model = linear_gaussian(3);
  const auto values = model.losses(batch_of(at::ones({4, 1})), step_with_seed(1));
  EXPECT_NEAR(value_of(model, values, "kl"), 0.5 * (0.5 + 0.25 - 1 + std::numbers::ln2), 1e-6);
  EXPECT_GT(value_of(model, values, "reconstruction"), 0);
  EXPECT_EQ(values.terms.size(), 1U);
}

}  // namespace
}  // namespace hourglass::models
