#include "hourglass/models/importance_weighted.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <numbers>
#include <string>

namespace hourglass::models {
namespace {

/// q(z|x) = N(x/2, ½) and x̂ = z: with p(x|z) ∝ exp(−(x − z)²), whose Gaussian has variance ½, the
/// posterior is N(2x/3, 1/3), so q is not exact and the bound depends on k.
ImportanceWeighted linear_gaussian(int64_t samples, const std::string& estimator = "iwae") {
  ImportanceWeighted model(
      {.importance_samples = samples, .estimator = *Estimator::parse(estimator)},
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

const at::Tensor kFourItems = at::tensor({-1.0F, 0.3F, 1.5F, 4.0F}).view({4, 1});

double loss(const std::string& estimator, int64_t samples) {
  auto model = linear_gaussian(samples, estimator);
  return model.losses(batch_of(kFourItems), step_with_seed(1)).terms.at(0).item<double>();
}

void expect_same_part(const std::string& part, const std::map<std::string, at::Tensor>& some,
                      const std::map<std::string, at::Tensor>& others) {
  for (const auto& [name, gradient] : some) {
    if (!name.starts_with(part)) continue;
    EXPECT_TRUE(at::allclose(gradient, others.at(name), 1e-4, 1e-6))
        << name << ": " << gradient << others.at(name);
  }
}

TEST(Estimator, ReadsItsForms) {
  for (const char* text :
       {"iwae", "dreg", "ciwae:0.05", "miwae:8,4", "piwae:2,3", "miwae:1000,1000"}) {
    EXPECT_EQ(Estimator::parse(text).value().text(), text);
  }
  for (const char* text : {"", "iwae:3", "ciwae", "ciwae:1.5", "ciwae:nan", "miwae:8", "miwae:0,4",
                           "piwae:2,3,4", "piwae", "dreg:", "elbo", "miwae:1000,1001",
                           "miwae:4294967296,4294967296", "piwae:1,4611686018427387904"}) {
    EXPECT_FALSE(Estimator::parse(text)) << text;
  }
}

TEST(ImportanceWeighted, TakesNoMoreSamplesThanCanBeCounted) {
  ImportanceWeightedOptions options;
  FieldTable table;
  options.describe(table);
  const Field* samples = table.find("importance_samples");
  samples->set("1000000");
  EXPECT_EQ(options.per_group(), 1'000'000);
  EXPECT_THROW(samples->set("1000001"), UsageError);
  EXPECT_THROW(samples->set("4611686018427387904"), UsageError);
}

TEST(Estimator, BoundsOfKnownWeights) {
  // Weights 1, 3 | 2, 6 of one item: means 2 and 4 of the groups, 3 of all.
  const at::Tensor log_weights = at::tensor({1.0, 3.0, 2.0, 6.0}).log().view({1, 2, 2});
  const auto bound = [&](const std::string& text) {
    return bound_of(*Estimator::parse(text), log_weights).item<double>();
  };
  EXPECT_NEAR(bound("iwae"), std::log(3), 1e-12);
  EXPECT_NEAR(bound("dreg"), std::log(3), 1e-12);
  EXPECT_NEAR(bound("piwae:2,2"), std::log(3), 1e-12);
  EXPECT_NEAR(bound("miwae:2,2"), 0.5 * (std::log(2) + std::log(4)), 1e-12);
  EXPECT_NEAR(bound("ciwae:0.25"), 0.25 * std::log(36) / 4 + 0.75 * std::log(3), 1e-12);
}

TEST(Estimator, FactorsOfKnownWeights) {
  const at::Tensor log_weights = at::tensor({1.0, 3.0, 2.0, 6.0}).log().view({1, 2, 2});
  const auto factor = [&](const std::string& text) {
    return encoder_factor(*Estimator::parse(text), log_weights);
  };
  EXPECT_FALSE(factor("iwae").defined());
  EXPECT_FALSE(factor("miwae:2,2").defined());
  EXPECT_TRUE(at::allclose(factor("dreg").flatten(), at::tensor({1.0, 3.0, 2.0, 6.0}) / 12));
  // 12 / (2 · 4) and 12 / (2 · 8)
  EXPECT_TRUE(
      at::allclose(factor("piwae:2,2").flatten(), at::tensor({1.5, 1.5, 0.75, 0.75}, at::kDouble)));
}

TEST(ImportanceWeighted, CombinedAndMultipleBoundsLieBetweenTheTwo) {
  const double iwae = loss("iwae", 6), elbo = loss("miwae:6,1", 1);
  EXPECT_LT(iwae, elbo);
  EXPECT_NEAR(loss("ciwae:0.25", 6), 0.25 * elbo + 0.75 * iwae, 1e-4);
  EXPECT_NEAR(loss("miwae:1,6", 1), iwae, 1e-5);
  EXPECT_GT(loss("miwae:2,3", 1), iwae);
  EXPECT_LT(loss("miwae:2,3", 1), elbo);
}

TEST(ImportanceWeighted, PiwaeTeachesTheDecoderByAllSamplesAndTheEncoderByGroups) {
  const auto piwae = gradients_of(linear_gaussian(1, "piwae:2,3"), kFourItems);
  expect_same_part("decoder", piwae, gradients_of(linear_gaussian(6, "iwae"), kFourItems));
  expect_same_part("encoder", piwae, gradients_of(linear_gaussian(1, "miwae:2,3"), kFourItems));
}

TEST(ImportanceWeighted, DregHasTheGradientOfTheBoundOnAverage) {
  const at::Tensor many = at::full({200'000, 1}, 1.5);
  const auto iwae = gradients_of(linear_gaussian(4, "iwae"), many);
  const auto dreg = gradients_of(linear_gaussian(4, "dreg"), many);
  expect_same_part("decoder", dreg, iwae);
  for (const auto& [name, gradient] : dreg) {
    if (name.starts_with("encoder")) {
      EXPECT_NEAR(gradient.sum().item<double>(), iwae.at(name).sum().item<double>(), 0.01) << name;
    }
  }
}

// Where q is the posterior all weights are one, and so is every sample's gradient: none.
TEST(ImportanceWeighted, DregHasNoVarianceWhereTheEncoderIsRight) {
  auto model = linear_gaussian(3, "dreg");
  set_parameter(model, "encoder.mean.weight", at::full({1, 1}, 2.0 / 3));
  set_parameter(model, "encoder.log_variance.bias", at::full({1}, std::log(1.0 / 3)));
  for (const auto& [name, gradient] : gradients_of(model, kFourItems)) {
    if (name.starts_with("encoder")) {
      EXPECT_NEAR(gradient.abs().max().item<double>(), 0, 1e-5) << name;
    }
  }
}

}  // namespace
}  // namespace hourglass::models
