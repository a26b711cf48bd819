#include "hourglass/models/second_layer.h"

#include "hourglass/models/importance_weighted.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <numbers>
#include <string>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

const ModelSpec kTwoLayers = {.shapes = {{1}, {1}},
                              .network = DenseNetwork{.widths = {1}},
                              .likelihood = {Loss::Mse, Activation::Linear}};

double log_normal(double x, double mean, double variance) {
  return -0.5 * (std::log(2 * std::numbers::pi * variance) + (x - mean) * (x - mean) / variance);
}

/// A normal distribution whose mean is linear in what comes in.
struct LinearNormal {
  double slope, offset, variance;
};

void set_normal(torch::nn::Module& module, const std::string& name, const LinearNormal& to) {
  set_parameter(module, name + ".mean.weight", at::full({1, 1}, to.slope));
  set_parameter(module, name + ".mean.bias", at::full({1}, to.offset));
  set_parameter(module, name + ".log_variance.weight", at::zeros({1, 1}));
  set_parameter(module, name + ".log_variance.bias", at::full({1}, std::log(to.variance)));
}

// p(z|z₂) = N(2 z₂ − 1, ½), so that p(z) = N(−1, 4½), and the posterior of z₂ is
// N(2 (z + 1) / 4½, ½ / 4½).
const LinearNormal kDecoder = {2, -1, 0.5}, kPosterior = {2 / 4.5, 2 / 4.5, 0.5 / 4.5},
                   kAnother = {0.5, 0.1, 0.25};

SecondLayer one_unit(const LinearNormal& encoder) {
  SecondLayer layer(1, {1});
  set_normal(layer, "encoder", encoder);
  set_normal(layer, "decoder", kDecoder);
  return layer;
}

/// q(z|x) = N(x, ½) and x̂ = z below that prior.
ImportanceWeighted two_layers(int64_t samples, const std::string& estimator = "iwae",
                              const LinearNormal& encoder = kAnother) {
  ImportanceWeighted model({.importance_samples = samples,
                            .estimator = *Estimator::parse(estimator),
                            .prior = {.second_layer = {1}}},
                           kTwoLayers);
  set_normal(model, "encoder", {1, 0, 0.5});
  set_parameter(model, "decoder.dense1.weight", at::ones({1, 1}));
  set_normal(model, "prior.encoder", encoder);
  set_normal(model, "prior.decoder", kDecoder);
  return model;
}

const at::Tensor kSomeItems = at::tensor({-1.0F, 0.3F, 1.5F, 2.0F}).view({4, 1});

TEST(SecondLayer, OfOneUnitIsWhatThePaperSays) {
  // q(z₂|z) = N(½ · 1.5 + 0.1, ¼), drawn with 0.8: z₂ = 0.85 + ½ · 0.8; p(z|z₂) = N(1.5, ½).
  const double second = 1.25;
  const double expected = log_normal(second, 0, 1) + log_normal(1.5, 2 * second - 1, 0.5) -
                          log_normal(second, 0.85, 0.25);
  auto layer = one_unit(kAnother);
  const at::Tensor found = layer.log_prior(at::full({1, 1}, 1.5F), at::full({1, 1}, 0.8F));
  EXPECT_NEAR(found.item<double>(), expected, 1e-6);
}

TEST(SecondLayer, OfTheExactPosteriorIsTheMarginalWhateverTheNoise) {
  auto layer = one_unit(kPosterior);
  for (const double z : {-2.0, 0.0, 3.0}) {
    for (const double noise : {-1.0, 0.0, 2.0}) {
      const at::Tensor found = layer.log_prior(at::full({1, 1}, z), at::full({1, 1}, noise));
      EXPECT_NEAR(found.item<double>(), log_normal(z, -1, 4.5), 1e-5);
    }
  }
}

TEST(SecondLayer, OfAnyPosteriorIsTheMarginalOnAverage) {
  at::manual_seed(1);
  auto layer = one_unit({kPosterior.slope, kPosterior.offset + 0.1, 0.2});
  const at::NoGradGuard no_grad;
  const at::Tensor z = at::full({200'000, 1}, 0.7), noise = at::randn({200'000, 1});
  const at::Tensor average = layer.log_prior(z, noise).logsumexp(0) - std::log(200'000.0);
  EXPECT_NEAR(average.item<double>(), log_normal(0.7, -1, 4.5), 0.01);
}

TEST(SecondLayer, HasAMirroredDecoder) {
  SecondLayer layer(7, {5, 4, 3});
  std::map<std::string, at::IntArrayRef> sizes;
  for (const auto& one : layer.named_parameters()) sizes[one.key()] = one.value().sizes();
  EXPECT_EQ(sizes.at("encoder.trunk.dense1.weight"), (at::IntArrayRef{5, 7}));
  EXPECT_EQ(sizes.at("encoder.trunk.dense2.weight"), (at::IntArrayRef{4, 5}));
  EXPECT_EQ(sizes.at("encoder.log_variance.weight"), (at::IntArrayRef{3, 4}));
  EXPECT_EQ(sizes.at("decoder.trunk.dense1.weight"), (at::IntArrayRef{4, 3}));
  EXPECT_EQ(sizes.at("decoder.trunk.dense2.weight"), (at::IntArrayRef{5, 4}));
  EXPECT_EQ(sizes.at("decoder.mean.weight"), (at::IntArrayRef{7, 5}));
  EXPECT_EQ(layer.width(), 3);
  EXPECT_EQ(layer.log_prior(at::zeros({2, 7}), at::zeros({2, 3})).sizes(), at::IntArrayRef{2});
  EXPECT_EQ(layer.first_given(at::zeros({2, 3})).mean.sizes(), (at::IntArrayRef{2, 7}));
}

TEST(SecondLayer, TightensTowardsTheEvidence) {
  // exp(−(x − z)²) = √π N(x; z, ½): the evidence is √π N(x; −1, 4½ + ½).
  const double evidence = 0.5 * std::log(std::numbers::pi) + log_normal(1.5, -1, 5);
  for (const char* estimator : {"iwae", "dreg"}) {
    auto model = two_layers(3000, estimator, {kPosterior.slope, kPosterior.offset, 0.2});
    const at::NoGradGuard no_grad;
    const auto values = model.losses(batch_of(at::full({100, 1}, 1.5)), step_with_seed(1));
    EXPECT_NEAR(-value_of(model, values, "bound"), evidence, 0.02) << estimator;
  }
}

TEST(SecondLayer, OfOneSampleIsTheVariationalBound) {
  expect_variational_bound(two_layers(1), Variational({.prior = {.second_layer = {1}}}, kTwoLayers),
                           kSomeItems);
}

TEST(SecondLayer, DrawsByRow) {
  auto model = two_layers(3);
  const at::NoGradGuard no_grad;
  const Batch all = batch_of(kSomeItems);
  double sum = 0;
  for (int64_t i = 0; i < 4; ++i) {
    const at::Tensor x = all.input.slice(0, i, i + 1);
    const Batch one = {.input = x, .target = x, .rows = all.rows.slice(0, i, i + 1)};
    sum += value_of(model, model.losses(one, step_with_seed(1)), "bound");
  }
  EXPECT_NEAR(value_of(model, model.losses(all, step_with_seed(1)), "bound"), sum / 4, 1e-5);
}

TEST(SecondLayer, HasTheGradientOfTheBoundOnAverageWithDreg) {
  const at::Tensor many = at::full({200'000, 1}, 1.5);
  const auto iwae = gradients_of(two_layers(4, "iwae"), many);
  const auto dreg = gradients_of(two_layers(4, "dreg"), many);
  for (const auto& [name, gradient] : dreg) {
    EXPECT_NEAR(gradient.sum().item<double>(), iwae.at(name).sum().item<double>(), 0.02) << name;
  }
}

TEST(SecondLayer, LearnsFromAllSamplesWithPiwae) {
  const auto piwae = gradients_of(two_layers(1, "piwae:2,3"), kSomeItems);
  const auto iwae = gradients_of(two_layers(6, "iwae"), kSomeItems);
  const auto miwae = gradients_of(two_layers(1, "miwae:2,3"), kSomeItems);
  for (const auto& [name, gradient] : piwae) {
    const auto& expected = name.starts_with("encoder.") ? miwae : iwae;
    EXPECT_TRUE(at::allclose(gradient, expected.at(name), 1e-4, 1e-5)) << name;
  }
}

TEST(SecondLayer, PlansItsLayersByTheNamesOfTheirParameters) {
  Variational model({.prior = {.second_layer = {3, 2, 1}}}, kTwoLayers);
  const auto parameters = model.named_parameters();
  const auto expect_named = [&](const NamedLayerPlan& layer) {
    EXPECT_TRUE(parameters[layer.name + ".weight"].is_same(layer.layer.tensors.at("weight")))
        << layer.name;
  };
  const SecondLayerPlan plan = model.objective_plan().value().second_layer.value();
  for (const auto* part : {&plan.encoder, &plan.decoder}) {
    ASSERT_EQ(part->trunk.size(), 2);
    for (const auto& layer : part->trunk) expect_named(layer);
    expect_named(part->mean);
    expect_named(part->log_variance);
  }
  const ObjectivePlan of_samples = two_layers(4).objective_plan().value();
  EXPECT_TRUE(of_samples.second_layer);
  EXPECT_EQ(of_samples.bound.value().samples(), 4);
}

TEST(SecondLayer, RefusesWhatCannotWork) {
  const VariationalOptions options = {.prior = {.second_layer = {5}}};
  ModelSpec told = kTwoLayers;
  told.condition_width = 3;
  expect_contains(error_of([&] { Variational(options, told); }), {"`prior` layer", "condition"});
  const ModelSpec maps = {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{}};
  expect_contains(error_of([&] { Variational(options, maps); }),
                  {"`prior` layer", "vectors", "found maps of"});
}

}  // namespace
}  // namespace hourglass::models
