#include "hourglass/evaluation/model_prior.h"

#include "hourglass/evaluation/anomaly_score.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/models/gaussian.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/likelihood_checks.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <cmath>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported;
using testing::TemporaryFolder;

/// Rows of three values, codes of one, and a second layer of one below four hidden units.
ExportedModel two_layer_file(const TemporaryFolder& folder) {
  at::manual_seed(4);
  models::Variational model({.prior = {.second_layer = {4, 1}}},
                            {.shapes = {{3}, {3}}, .network = models::DenseNetwork{.widths = {1}}});
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.named_parameters()) {
    // Wider than the posteriors, as whoever samples by importance needs it.
    if (parameter.key() == "encoder.log_variance.weight") parameter.value().zero_();
    if (parameter.key() == "encoder.log_variance.bias") parameter.value().fill_(1);
    if (parameter.key() == "prior.encoder.log_variance.bias") parameter.value().fill_(0.5);
    if (parameter.key() == "decoder.dense1.weight") parameter.value().fill_(1.5);
    if (parameter.key() == "prior.decoder.mean.bias") parameter.value().fill_(0.7);
    if (parameter.key() == "prior.decoder.log_variance.bias") parameter.value().fill_(-1);
  }
  return exported(model, folder / "layers.pt", {{"loss", "bce"}, {"prior", "layer:4,1"}});
}

constexpr double kStep = 16.0 / 800;

/// p(z) of codes [N, 1] by the trapezium rule over z₂: [N] float64.
at::Tensor marginal_density(ExportedModel& file, const at::Tensor& z) {
  const at::Tensor second = at::linspace(-8, 8, 801, at::kFloat).unsqueeze(1);
  const auto first = file.run_method("first_given_second", second);
  const at::Tensor mean = first[0].to(at::kDouble).t(), log_variance = first[1].to(at::kDouble).t();
  const at::Tensor below =
      models::log_density({at::zeros_like(second), at::zeros_like(second)}, second);
  const at::Tensor given =
      -0.5 * (std::log(2 * M_PI) + log_variance +
              (z.to(at::kDouble) - mean).square() / log_variance.exp());  // [N, 801]
  return at::trapezoid((given + below.to(at::kDouble)).exp(), kStep, 1);
}

TEST(SecondLayerPrior, HasTheDensityOfItsIntegralOnAverage) {
  const TemporaryFolder folder;
  ExportedModel file = two_layer_file(folder);
  const auto prior = learned_prior(file);
  ASSERT_EQ(prior->noise_width(), 1);
  at::manual_seed(1);
  const at::Tensor codes = at::full({20'000, 1}, 0.4F);
  const at::Tensor found = prior->log_density(codes, at::randn({20'000, 1}));
  EXPECT_EQ(found.scalar_type(), at::kDouble);
  EXPECT_NEAR(found.exp().mean().item<double>(),
              marginal_density(file, codes.slice(0, 0, 1)).item<double>(), 0.005);
}

TEST(SecondLayerPrior, IsTheOneThatTheFileSamplesFrom) {
  const TemporaryFolder folder;
  ExportedModel file = two_layer_file(folder);
  const at::Tensor items = file.module().get_method("sample")({4000}).toTensor();
  EXPECT_EQ(items.sizes(), (at::IntArrayRef{4000, 3}));
  const auto prior = learned_prior(file);
  const at::Tensor codes = prior->sample(4000, 1);
  EXPECT_EQ(codes.sizes(), (at::IntArrayRef{4000, 1}));
  EXPECT_TRUE(at::equal(codes, prior->sample(4000, 1)));
  EXPECT_FALSE(at::equal(codes, prior->sample(4000, 2)));
  EXPECT_TRUE(at::allclose(items.mean(0), file.decode(codes).mean(0), 0, 0.02));
  const at::Tensor line = at::linspace(-8, 8, 801, at::kFloat).unsqueeze(1);
  const at::Tensor density = marginal_density(file, line), z = line.flatten().to(at::kDouble);
  EXPECT_NEAR(at::trapezoid(density, kStep).item<double>(), 1, 1e-4);
  const double mean = at::trapezoid(density * z, kStep).item<double>();
  const double square = at::trapezoid(density * z * z, kStep).item<double>();
  EXPECT_NEAR(codes.mean().item<double>(), mean, 0.05);
  EXPECT_NEAR(codes.var().item<double>(), square - mean * mean, 0.1);
  EXPECT_NEAR(prior->mean().item<double>(), mean, 0.03);
}

TEST(SecondLayerPrior, IsWhereUsualCodesComeFrom) {
  const TemporaryFolder folder;
  ExportedModel file = two_layer_file(folder);
  UsualCodes usual(file, Sampler{}, {});
  EXPECT_EQ(usual.source(), "the learned prior");
  EXPECT_TRUE(at::equal(usual.samples(50, 3), learned_prior(file)->sample(50, 3)));
  EXPECT_EQ(usual.fitted_rows(), 0);
  const CodeGrid grid = usual.grid(0, 0, 3);
  EXPECT_LT(grid.first.front(), usual.mean().item<double>());
  EXPECT_GT(grid.first.back(), usual.mean().item<double>());
}

TEST(SecondLayerPrior, IsIntegratedIntoTheLikelihood) {
  const TemporaryFolder folder;
  ExportedModel file = two_layer_file(folder);
  const at::Tensor x = at::tensor({1.0F, 0.0F, 1.0F}).unsqueeze(0);
  const at::Tensor z = at::linspace(-8, 8, 801, at::kFloat).unsqueeze(1);
  const at::Tensor joint = testing::bernoulli(file, z, x) * marginal_density(file, z);
  testing::expect_evidence(file, x, at::trapezoid(joint, kStep).item<double>());
}

TEST(SecondLayerPrior, MakesLikelihoodsOfRowsAndNotOfBatches) {
  const TemporaryFolder folder;
  ExportedModel file = two_layer_file(folder);
  testing::expect_likelihoods_of_rows([&](const datasets::Dataset& rows) {
    return negative_log_likelihoods(file, rows, {.samples = 300});
  });
}

TEST(SecondLayerPrior, HasNoDivergenceThatAScoreCouldTake) {
  const TemporaryFolder folder;
  ExportedModel file = two_layer_file(folder);
  EXPECT_EQ(resolve_score(AnomalyScore::Auto, file), AnomalyScore::Reconstruction);
  expect_contains(error_of([&] { elbo_scorer(file, 0, 1); }), {"layers.pt", "normal prior"});
}

TEST(LearnedPrior, IsNullForTheStandardOne) {
  const TemporaryFolder folder;
  models::Variational model({},
                            {.shapes = {{3}, {3}}, .network = models::DenseNetwork{.widths = {1}}});
  ExportedModel file = exported(model, folder / "best.pt", {{"loss", "bce"}});
  EXPECT_EQ(learned_prior(file), nullptr);
}

}  // namespace
}  // namespace hourglass::evaluation
