// What is measured of a model by its file, where its likelihood has more to say than its mean.

#include "hourglass/core/error.h"
#include "hourglass/evaluation/activations.h"
#include "hourglass/evaluation/annealed_likelihood.h"
#include "hourglass/evaluation/anomaly_score.h"
#include "hourglass/evaluation/decoded_likelihood.h"
#include "hourglass/evaluation/generation_quality.h"
#include "hourglass/evaluation/log_likelihood.h"
#include "hourglass/evaluation/posterior_mixture.h"
#include "hourglass/models/gaussian.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <cmath>

namespace hourglass::evaluation {
namespace {

using models::Activation;
using models::Loss;
using testing::TemporaryFolder;

ExportedModel model_of(const std::filesystem::path& path, const models::Likelihood& likelihood) {
  at::manual_seed(1);
  models::ModelSpec spec = testing::four_values();
  spec.likelihood = likelihood;
  models::Variational model({}, spec);
  return testing::exported(model, path,
                           {{"loss", enum_name(likelihood.loss)},
                            {"output_activation", enum_name(likelihood.activation)},
                            {"levels", likelihood.levels}});
}

/// log p(x|z) of values with these means [C, values] and the raw numbers behind their deviations: [C].
at::Tensor log_normal(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& raw) {
  const at::Tensor log_deviation = -6 + at::softplus(raw + 6);
  const at::Tensor off = (x - mean) / log_deviation.exp();
  return -(0.5 * off.square() + log_deviation + 0.5 * std::log(2 * M_PI)).sum(1);
}

/// −log ∫ p(x|z) p(z) dz of a code of two by a sum over a grid; the decoder's numbers are means, then those.
double normal_by_quadrature(ExportedModel& model, const at::Tensor& x) {
  const at::Tensor steps = at::linspace(-6, 6, 601);
  const at::Tensor z = at::cartesian_prod({steps, steps});
  const at::Tensor numbers = model.run_method("decode_parameters", {z}).front().to(at::kDouble);
  const at::Tensor log_joint = log_normal(x, numbers.narrow(1, 0, 4), numbers.narrow(1, 4, 4)) -
                               0.5 * z.to(at::kDouble).square().sum(1) - std::log(2 * M_PI);
  return -(at::logsumexp(log_joint, {0}).item<double>() + 2 * std::log(12.0 / 600));
}

TEST(Likelihoods, AFileGivesTheMeanInTheTargetsShape) {
  const TemporaryFolder folder;
  auto model =
      model_of(folder / "best.pt", {Loss::ZeroInflatedNegativeBinomial, Activation::Softplus});
  EXPECT_EQ(model.decode(at::rand({3, 2})).sizes(), (Shape{3, 4}));
  EXPECT_EQ(model.reconstruct(at::rand({5, 4})).sizes(), (Shape{5, 4}));
}

TEST(Likelihoods, OfAMultinomialAFileDecodesSharesAndReconstructsItems) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt", {Loss::Multinomial, Activation::Linear});
  const at::Tensor shares = model.decode(at::rand({3, 2}));
  EXPECT_TRUE(at::allclose(shares.sum(1), at::ones({3})));
  const at::Tensor x = at::rand({5, 4}) * 10;
  EXPECT_TRUE(at::allclose(model.reconstruct(x).sum(1), x.sum(1)));
  testing::expect_contains(generation_obstacle(model, {}), {"multinomial", "shares"});
}

TEST(Likelihoods, OfANormalDecoderIsTheIntegral) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt", {Loss::Gaussian, Activation::Linear});
  EXPECT_EQ(likelihood_obstacle(model), "");
  const at::Tensor x = at::tensor({0.5F, -0.2F, 1.0F, 0.3F}).view({1, 4});
  const double exact = normal_by_quadrature(model, x.to(at::kDouble));
  const auto data = testing::unscaled(x);
  const at::Tensor sampled = negative_log_likelihoods(model, *data, {.samples = 30'000});
  EXPECT_NEAR(sampled.item<double>(), exact, 0.02);
  const at::Tensor annealed =
      annealed_likelihoods(model, *data, {.chains = 400, .temperatures = 100});
  EXPECT_NEAR(annealed.item<double>(), exact, 0.05);
}

TEST(Likelihoods, OfLevelsIsTheMassBetweenTheirNeighbours) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt",
                        {.loss = Loss::Logistic, .activation = Activation::Sigmoid, .levels = 5});
  const DecodedLikelihood likelihood(model);
  const at::Tensor z = at::rand({3, 2}), x = at::full({3, 4}, 0.5F);
  const at::Tensor numbers = decoded(model, likelihood, z, {});
  const at::Tensor mean = numbers.narrow(1, 0, 4).to(at::kDouble).sigmoid();
  const at::Tensor scale = (-7 + at::softplus(numbers.narrow(1, 4, 4).to(at::kDouble) + 7)).exp();
  const at::Tensor mass = ((0.625 - mean) / scale).sigmoid() - ((0.375 - mean) / scale).sigmoid();
  EXPECT_TRUE(at::allclose(likelihood.log_density(numbers, x), mass.log().sum(1)));
}

TEST(Likelihoods, ValuesThatAreNotKnownHaveNoPart) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt", {Loss::Bce, Activation::Sigmoid});
  const DecodedLikelihood likelihood(model);
  const at::Tensor p = decoded(model, likelihood, at::rand({2, 2}), {}), x = at::rand({2, 4});
  x[1][3] = NAN;
  const at::Tensor known = likelihood.log_density(p.narrow(1, 0, 3), x.narrow(1, 0, 3));
  const at::Tensor found = likelihood.log_density(p, x);
  EXPECT_DOUBLE_EQ(found[1].item<double>(), known[1].item<double>());
  EXPECT_LT(found[0].item<double>(), known[0].item<double>());
  const at::Tensor differentiable = likelihood.log_density(p.clone().requires_grad_(), x);
  ASSERT_TRUE(differentiable.requires_grad());
  EXPECT_TRUE(at::allclose(found, differentiable.detach()));
}

TEST(Likelihoods, SayWhatTheyAreNotOf) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt", {Loss::NegativeBinomial, Activation::Softplus});
  const auto counts = testing::unscaled(at::tensor({0.0F, 2.0F, 7.0F, 1.0F}).view({1, 4}));
  const auto halves = testing::unscaled(at::full({1, 4}, 0.5F));
  EXPECT_EQ(DecodedLikelihood(model).misfit_of(*counts), "");
  EXPECT_GT(negative_log_likelihoods(model, *counts, {.samples = 10}).item<double>(), 0);
  testing::expect_contains(DecodedLikelihood(model).misfit_of(*halves),
                           {"loss negative-binomial", "whole numbers", "found 0.5"});
  const auto likelihoods = [&] { negative_log_likelihoods(model, *halves, {.samples = 10}); };
  testing::expect_contains(testing::error_of(likelihoods), {"best.pt", "found 0.5"});
  const auto elbo = [&] { elbo_scorer(model, 0, 1)(halves->batch(at::arange(1))); };
  testing::expect_contains(testing::error_of(elbo), {"best.pt", "found 0.5"});
}

TEST(Likelihoods, TheElboHasTheDecodersOwnDensity) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt", {Loss::Gaussian, Activation::Linear});
  const Batch batch = testing::unscaled(at::rand({3, 4}))->batch(at::arange(3));
  const models::GaussianCode code = posteriors(model, batch);
  const at::Tensor numbers = model.run_method("decode_parameters", {code.mean}).front();
  const at::Tensor expected =
      models::kl_from_standard_normal(code).to(at::kDouble) -
      log_normal(batch.target, numbers.narrow(1, 0, 4), numbers.narrow(1, 4, 4)).to(at::kDouble);
  EXPECT_TRUE(at::allclose(elbo_scorer(model, 0, 1)(batch), expected, 1e-5, 1e-5));
}

TEST(Likelihoods, WhatAMeanDoesNotTellIsRefused) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt", {Loss::Gaussian, Activation::Linear});
  EXPECT_EQ(resolve_score(AnomalyScore::Auto, model), AnomalyScore::Reconstruction);
  const Batch batch = testing::unscaled(at::rand({2, 4}))->batch(at::arange(2));
  testing::expect_contains(
      testing::error_of([&] { record_gradients(model, batch, recorded_loss(model)); }),
      {"best.pt", "gaussian", "`loss` mse"});
  EXPECT_NO_THROW(record_gradients(model, batch, Loss::Mse));
}

TEST(Likelihoods, AFileOfBeforeHasNoneOfSeveralNumbers) {
  const TemporaryFolder folder;
  models::Variational source({}, testing::four_values());
  auto model = testing::exported(source, folder / "best.pt", {{"loss", "gaussian"}});
  EXPECT_EQ(likelihood_obstacle(model), "the file has no method 'decode_parameters'");
  testing::expect_contains(testing::error_of([&] { elbo_scorer(model, 0, 1); }),
                           {"best.pt", "`score` elbo", "decode_parameters", "mahalanobis"});
}

}  // namespace
}  // namespace hourglass::evaluation
