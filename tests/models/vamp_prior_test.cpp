#include "hourglass/models/vamp_prior.h"

#include "hourglass/models/importance_weighted.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

const ModelSpec kOneNumber = {.shapes = {{1}, {1}},
                              .network = DenseNetwork{.widths = {1}},
                              .likelihood = {Loss::Mse, Activation::Linear}};

/// q(z|x) = N(x, ½) and x̂ = z, so that p(z) is a mixture of N(u, ½) of the pseudo-inputs u.
template <class Model>
void make_transparent(Model& model, const std::vector<float>& pseudo_inputs) {
  set_parameter(model, "encoder.mean.weight", at::ones({1, 1}));
  set_parameter(model, "encoder.log_variance.weight", at::zeros({1, 1}));
  set_parameter(model, "encoder.log_variance.bias", at::full({1}, std::log(0.5)));
  set_parameter(model, "decoder.dense1.weight", at::ones({1, 1}));
  set_parameter(model, "prior.pseudo_inputs", at::tensor(pseudo_inputs).unsqueeze(1));
}

Variational variational(const std::vector<float>& pseudo_inputs) {
  Variational model({.prior = {std::ssize(pseudo_inputs)}}, kOneNumber);
  make_transparent(model, pseudo_inputs);
  return model;
}

ImportanceWeighted importance_weighted(int64_t samples, const std::vector<float>& pseudo_inputs,
                                       const std::string& estimator = "iwae") {
  ImportanceWeighted model({.importance_samples = samples,
                            .estimator = *Estimator::parse(estimator),
                            .prior = {std::ssize(pseudo_inputs)}},
                           kOneNumber);
  make_transparent(model, pseudo_inputs);
  return model;
}

double normal_density(double x, double mean, double variance) {
  return std::exp(-(x - mean) * (x - mean) / (2 * variance)) /
         std::sqrt(2 * std::numbers::pi * variance);
}

TEST(CodePrior, ReadsItsForms) {
  for (const char* text : {"standard", "vamp:1", "vamp:500", "layer:50", "layer:100,100,50"}) {
    EXPECT_EQ(CodePrior::parse(text).value().text(), text);
  }
  for (const char* text : {"", "vamp", "vamp:", "vamp:0", "vamp:-1", "vamp:x", "normal", "layer",
                           "layer:", "layer:auto", "layer:0", "layer:5,", "layer:5,x"}) {
    EXPECT_FALSE(CodePrior::parse(text)) << text;
  }
}

TEST(LogMixtureDensity, IsTheMeanOfTheDensities) {
  // N(1, ½) and N(−2, 4), of codes that are maps of one by one.
  const GaussianCode components = {at::tensor({1.0, -2.0}).view({2, 1, 1, 1}),
                                   at::tensor({0.5, 4.0}).log().view({2, 1, 1, 1})};
  for (const double z : {-3.0, 0.2, 1.0}) {
    const double expected = std::log((normal_density(z, 1, 0.5) + normal_density(z, -2, 4)) / 2);
    const at::Tensor found =
        log_mixture_density(components, at::full({1, 1, 1, 1}, z, at::kDouble));
    EXPECT_NEAR(found.item<double>(), expected, 1e-12);
  }
}

TEST(LogMixtureDensity, IntegratesToOne) {
  const GaussianCode components = {at::tensor({1.0, 0.0, -2.0, 1.5}).view({2, 2}),
                                   at::tensor({0.5, 1.0, 2.0, 0.1}).log().view({2, 2})};
  const at::Tensor line = at::linspace(-9, 9, 601, at::kDouble);
  const auto grid = at::meshgrid({line, line}, "ij");
  const at::Tensor points = at::stack({grid[0].flatten(), grid[1].flatten()}, 1);
  const double cell = (18.0 / 600) * (18.0 / 600);
  EXPECT_NEAR(log_mixture_density(components, points).exp().sum().item<double>() * cell, 1, 1e-6);
}

TEST(LogMixtureDensity, StaysFiniteFarFromAllComponents) {
  const GaussianCode components = {at::zeros({3, 2}), at::zeros({3, 2})};
  EXPECT_NEAR(log_mixture_density(components, at::full({1, 2}, 100)).item<double>(),
              -10'000 - std::log(2 * std::numbers::pi), 0.01);
}

TEST(VampPrior, OfOnePseudoInputHasTheClosedFormOnAverage) {
  // KL(N(2, ½) ‖ N(½, ½)) = (2 − ½)² / (2 · ½)
  auto model = variational({0.5F});
  const at::NoGradGuard no_grad;
  const auto values = model.losses(batch_of(at::full({200'000, 1}, 2.0)), step_with_seed(1));
  EXPECT_NEAR(value_of(model, values, "kl"), 2.25, 0.02);
}

TEST(VampPrior, OfItemsThatAreItsPseudoInputCostsNothing) {
  auto model = variational({2});
  const auto values = model.losses(batch_of(at::full({10, 1}, 2.0)), step_with_seed(1));
  EXPECT_NEAR(value_of(model, values, "kl"), 0, 1e-6);
}

TEST(VampPrior, WeighsAndWarmsUpAsTheClosedFormDoes) {
  Variational model({.beta = 3, .kl_warmup = 4, .prior = {1}}, kOneNumber);
  EXPECT_EQ(model.phases().front().terms.at(1).weight, 3);
  EXPECT_EQ(model.phases().front().terms.at(1).warmup_epochs, 4);
}

TEST(VampPrior, IsTheOneOfTheBoundToo) {
  const at::Tensor x = at::tensor({-1.0F, 0.3F, 2.0F}).unsqueeze(1);
  auto one = importance_weighted(1, {0.5F, -1.0F});
  auto other = variational({0.5F, -1.0F});
  const auto bound = one.losses(batch_of(x), step_with_seed(1));
  const auto parts = other.losses(batch_of(x), step_with_seed(1));
  EXPECT_NEAR(value_of(one, bound, "bound"), total_of(other, parts, step_with_seed(1)), 1e-5);
  EXPECT_NEAR(value_of(one, bound, "kl"), value_of(other, parts, "kl"), 1e-5);
}

TEST(VampPrior, TightensTowardsTheEvidenceOfItsOwn) {
  // exp(−(x − z)²) = √π N(x; z, ½): under p(z) = N(½, ½) the evidence is √π N(x; ½, 1).
  for (const char* estimator : {"iwae", "dreg"}) {
    auto model = importance_weighted(2000, {0.5F}, estimator);
    const at::NoGradGuard no_grad;
    const auto values = model.losses(batch_of(at::full({100, 1}, 1.5)), step_with_seed(1));
    const double evidence = std::sqrt(std::numbers::pi) * normal_density(1.5, 0.5, 1);
    EXPECT_NEAR(-value_of(model, values, "bound"), std::log(evidence), 0.02) << estimator;
  }
}

TEST(VampPrior, LearnsItsPseudoInputs) {
  auto model = variational({0.5F, -1.0F});
  const auto values = model.losses(batch_of(at::ones({100, 1})), step_with_seed(1));
  values.terms.at(1).backward();
  const at::Tensor gradient = model.named_parameters()["prior.pseudo_inputs"].grad();
  // Both are drawn towards the items, against their gradients, and the nearer one more.
  EXPECT_LT(gradient[0].item<double>(), gradient[1].item<double>());
  EXPECT_LT(gradient[1].item<double>(), 0);
}

TEST(VampPrior, KeepsPseudoInputsInTheRangeOfTheData) {
  const auto values_of = [](Activation output) {
    at::manual_seed(1);
    return PseudoInputs(100, {2, 3}, output).values().detach();
  };
  const at::Tensor grey = values_of(Activation::Sigmoid), both = values_of(Activation::Tanh);
  EXPECT_EQ(grey.sizes(), (at::IntArrayRef{100, 2, 3}));
  EXPECT_TRUE(grey.ge(0).logical_and(grey.le(1)).all().item<bool>());
  EXPECT_TRUE(both.lt(0).any().item<bool>() && both.abs().le(1).all().item<bool>());
  EXPECT_TRUE(values_of(Activation::Linear).abs().gt(1).any().item<bool>());

  Variational model({.prior = {2}}, {.shapes = {{1}, {1}}, .network = DenseNetwork{.widths = {1}}});
  set_parameter(model, "prior.pseudo_inputs", at::tensor({1.2F, -0.1F}).unsqueeze(1));
  model.after_step({}, step_with_seed(1));
  EXPECT_TRUE(at::equal(model.named_parameters()["prior.pseudo_inputs"],
                        at::tensor({1.0F, 0.0F}).unsqueeze(1)));
}

TEST(VampPrior, HasNoPlanToComputeByHand) {
  EXPECT_FALSE(variational({1}).objective_plan());
  EXPECT_FALSE(importance_weighted(2, {1}).objective_plan());
  EXPECT_TRUE(Variational({}, kOneNumber).objective_plan());
}

TEST(VampPrior, RefusesWhatCannotWork) {
  const VariationalOptions options = {.prior = {5}};
  ModelSpec told = kOneNumber;
  told.condition_width = 3;
  expect_contains(error_of([&] { Variational(options, told); }), {"`prior` vamp", "condition"});
  const ModelSpec normalising = {.shapes = {{1, 8, 8}, {1, 8, 8}},
                                 .network = ConvolutionalNetwork{}};
  expect_contains(error_of([&] { Variational(options, normalising); }),
                  {"`prior` vamp", "batch normalization", "encoder.trunk."});
}

}  // namespace
}  // namespace hourglass::models
