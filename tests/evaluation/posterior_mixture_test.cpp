#include "hourglass/evaluation/posterior_mixture.h"

#include "hourglass/evaluation/anomaly_score.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/evaluation/sampler_file.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/likelihood_checks.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <cmath>
#include <numbers>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported;
using testing::TemporaryFolder;

/// Rows of three values, codes of one, and a prior at two pseudo-inputs.
models::Variational vamp_model() {
  at::manual_seed(2);
  models::Variational model({.prior = {2}},
                            {.shapes = {{3}, {3}}, .network = models::DenseNetwork{.widths = {1}}});
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.named_parameters()) {
    if (parameter.key() == "encoder.mean.weight") parameter.value().fill_(0.5);
    if (parameter.key() == "prior.pseudo_inputs") {
      parameter.value().copy_(at::tensor({0.0F, 0.0F, 0.2F, 1.0F, 1.0F, 0.5F}).view({2, 3}));
    }
  }
  return model;
}

ExportedModel vamp_file(const TemporaryFolder& folder) {
  auto model = vamp_model();
  return exported(model, folder / "vamp.pt", {{"loss", "bce"}, {"prior", "vamp:2"}});
}

ExportedModel plain_file(const TemporaryFolder& folder) {
  models::Autoencoder model({.shapes = {{3}, {3}}, .network = models::DenseNetwork{.widths = {1}}});
  return exported(model, folder / "plain.pt", {{"loss", "bce"}});
}

double normal(double x, double mean, double variance) {
  return std::exp(-(x - mean) * (x - mean) / (2 * variance)) /
         std::sqrt(2 * std::numbers::pi * variance);
}

/// N(1, ½) and N(−2, 4).
PosteriorMixture two_normals() {
  const models::GaussianCode components = {at::tensor({1.0F, -2.0F}).view({2, 1}),
                                           at::tensor({0.5F, 4.0F}).log().view({2, 1})};
  return PosteriorMixture(components);
}

TEST(PosteriorMixture, HasTheDensityOfItsComponents) {
  const PosteriorMixture mixture = two_normals();
  const at::Tensor density = mixture.log_density(at::tensor({0.2F, -3.0F}).view({2, 1}));
  EXPECT_NEAR(density[0].item<double>(), std::log((normal(0.2, 1, 0.5) + normal(0.2, -2, 4)) / 2),
              1e-6);
  EXPECT_NEAR(density[1].item<double>(), std::log((normal(-3, 1, 0.5) + normal(-3, -2, 4)) / 2),
              1e-6);
  EXPECT_NEAR(mixture.mean().item<double>(), -0.5, 1e-6);
}

TEST(PosteriorMixture, SamplesHaveItsMoments) {
  const PosteriorMixture mixture = two_normals();
  const at::Tensor samples = mixture.sample(50'000, 1);
  // Within 2.25 and between 2.25 of the variances.
  EXPECT_NEAR(samples.mean().item<double>(), -0.5, 0.03);
  EXPECT_NEAR(samples.var().item<double>(), 4.5, 0.08);
  EXPECT_TRUE(at::equal(samples, mixture.sample(50'000, 1)));
  EXPECT_FALSE(at::equal(samples, mixture.sample(50'000, 2)));
}

TEST(PosteriorMixture, OfPseudoInputsIsThePriorOfAFile) {
  const TemporaryFolder folder;
  ExportedModel file = vamp_file(folder);
  auto model = vamp_model();
  const PosteriorMixturePtr prior = mixture_prior(file);
  ASSERT_NE(prior, nullptr);
  const auto code = model.distribution(model.named_parameters()["prior.pseudo_inputs"]);
  EXPECT_TRUE(at::allclose(prior->tensors().at("means"), code.mean, 0, 1e-6));
  EXPECT_TRUE(at::allclose(prior->tensors().at("log_variances"), code.log_variance, 0, 1e-6));
  ExportedModel plain = plain_file(folder);
  EXPECT_EQ(mixture_prior(plain), nullptr);
}

TEST(PosteriorMixture, OfAFileSamplesItems) {
  const TemporaryFolder folder;
  ExportedModel file = vamp_file(folder);
  at::manual_seed(1);
  const at::Tensor items = file.module().get_method("sample")({int64_t{4000}}).toTensor();
  const at::Tensor expected = file.decode(mixture_prior(file)->sample(4000, 1));
  EXPECT_EQ(items.sizes(), (at::IntArrayRef{4000, 3}));
  EXPECT_TRUE(at::allclose(items.mean(0), expected.mean(0), 0, 0.02));
  EXPECT_TRUE(at::allclose(items.std(0), expected.std(0), 0, 0.02));
}

TEST(UsualCodes, OfALearnedMixtureComeFromIt) {
  const TemporaryFolder folder;
  ExportedModel file = vamp_file(folder);
  const PosteriorMixturePtr prior = mixture_prior(file);
  UsualCodes usual(file, Sampler{}, {});
  EXPECT_TRUE(at::equal(usual.samples(50, 3), prior->sample(50, 3)));
  EXPECT_TRUE(at::equal(usual.mean(), prior->mean()));
  EXPECT_EQ(usual.source(), "the learned prior");
  EXPECT_EQ(usual.distribution(1), nullptr) << "nothing was fitted";
  const auto steps = usual.grid(0, 0, 3).first;
  EXPECT_NEAR(steps[0], prior->sample(10'000, 1).quantile(0.01).item<double>(), 1e-4);
}

/// ∫ p(x|z) p(z) dz by the trapezium rule.
TEST(LogLikelihood, IsThatOfTheLearnedPrior) {
  const TemporaryFolder folder;
  ExportedModel file = vamp_file(folder);
  const at::Tensor x = at::tensor({1.0F, 0.0F, 1.0F}).unsqueeze(0);
  const at::Tensor z = at::linspace(-12, 12, 6001, at::kFloat).unsqueeze(1);
  const at::Tensor joint =
      testing::bernoulli(file, z, x) * mixture_prior(file)->log_density(z).exp();
  testing::expect_evidence(file, x, at::trapezoid(joint, 24.0 / 6000).item<double>());
}

TEST(AnomalyScore, TakesNoDivergenceOfALearnedPrior) {
  const TemporaryFolder folder;
  ExportedModel file = vamp_file(folder);
  EXPECT_EQ(resolve_score(AnomalyScore::Auto, file), AnomalyScore::Reconstruction);
  expect_contains(error_of([&] { elbo_scorer(file, 0, 1); }), {"vamp.pt", "normal prior"});
}

TEST(VampSampler, IsWhatTheEncoderSaysOfTrainingRows) {
  const TemporaryFolder folder;
  ExportedModel file = vamp_file(folder);
  at::manual_seed(3);
  const at::Tensor rows = at::rand({7, 3});
  const auto all = testing::unscaled(rows);
  const Sampler seven = *Sampler::parse("vamp:7"), some = *Sampler::parse("vamp:3");
  const auto fitted = posteriors_of(seven, file, *all, 1);
  const at::Tensor means = file.run_method("encode_distribution", rows).front();
  EXPECT_TRUE(at::allclose(std::get<0>(fitted->tensors().at("means").sort(0)),
                           std::get<0>(means.sort(0)), 0, 1e-6));
  const auto chosen = [&](uint64_t seed) {
    return posteriors_of(some, file, *all, seed)->tensors().at("means");
  };
  EXPECT_EQ(chosen(1).sizes(), (at::IntArrayRef{3, 1}));
  EXPECT_TRUE(at::equal(chosen(1), chosen(1)));
  EXPECT_FALSE(at::equal(chosen(1), chosen(2)));
  expect_contains(error_of([&] { posteriors_of(*Sampler::parse("vamp:8"), file, *all, 1); }),
                  {"vamp:8", "at least 8 training rows", "found 7"});
}

TEST(VampSampler, IsKeptInAFile) {
  const TemporaryFolder folder;
  ExportedModel file = vamp_file(folder);
  const Sampler sampler = *Sampler::parse("vamp:3");
  const auto fitted = posteriors_of(sampler, file, *testing::unscaled(at::rand({7, 3})), 1);
  write_sampler(folder / "sampler.safetensors", {sampler, fitted}, file);
  const FittedSampler read = read_sampler(folder / "sampler.safetensors", file);
  EXPECT_EQ(read.sampler.text(), "vamp:3");
  EXPECT_TRUE(at::equal(read.distribution->sample(20, 1), fitted->sample(20, 1)));
}

TEST(VampSampler, NeedsCodesThatAreDistributions) {
  const TemporaryFolder folder;
  ExportedModel plain = plain_file(folder);
  expect_contains(error_of([&] { check_sampler(plain, *Sampler::parse("vamp:3")); }),
                  {"--sampler vamp:3", "distributions", "variational"});
}

}  // namespace
}  // namespace hourglass::evaluation
