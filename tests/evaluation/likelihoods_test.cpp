// What is measured of a model by its file, where its likelihood has more to say than its mean.

#include "hourglass/core/error.h"
#include "hourglass/evaluation/activations.h"
#include "hourglass/evaluation/anomaly_score.h"
#include "hourglass/evaluation/generation_quality.h"
#include "hourglass/evaluation/log_likelihood.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

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
  return testing::exported(model, path, {{"loss", enum_name(likelihood.loss)}});
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

TEST(Likelihoods, WhatAMeanDoesNotTellIsRefused) {
  const TemporaryFolder folder;
  auto model = model_of(folder / "best.pt", {Loss::Gaussian, Activation::Linear});
  EXPECT_EQ(resolve_score(AnomalyScore::Auto, model), AnomalyScore::Reconstruction);
  EXPECT_EQ(likelihood_obstacle(model), "the loss is no cross-entropy");
  testing::expect_contains(testing::error_of([&] { elbo_scorer(model, 0, 1); }),
                           {"best.pt", "`score` elbo", "bce, mse or mae", "gaussian"});
  const Batch batch = testing::unscaled(at::rand({2, 4}))->batch(at::arange(2));
  testing::expect_contains(
      testing::error_of([&] { record_gradients(model, batch, recorded_loss(model)); }),
      {"best.pt", "gaussian", "`loss` mse"});
  EXPECT_NO_THROW(record_gradients(model, batch, Loss::Mse));
}

}  // namespace
}  // namespace hourglass::evaluation
