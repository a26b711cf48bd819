#include "hourglass/models/variational.h"

#include "hourglass/models/summary.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

const ItemShapes kFashionImage = {{1, 28, 28}, {1, 28, 28}};

VariationalOptions convolutional_network(int64_t filters = 64) {
  return {.network = VariationalNetwork::Convolutional, .widths = {128, 2}, .filters = filters};
}

/// The decoder's layers and the shapes they give.
std::vector<std::pair<std::string, Shape>> decoder_shapes(Autoencoder& model) {
  std::vector<std::pair<std::string, Shape>> rows;
  for (const auto& layer : summarize(model).layers) {
    if (layer.name.starts_with("decoder.")) rows.emplace_back(layer.name, layer.output_shape);
  }
  return rows;
}

/// One number to one number: q(z|x) = N(x + mean, variance) for every x, and the decoder gives z.
VariationalAutoencoder transparent(double variance, VariationalOptions options = {}) {
  options.widths = {1};
  options.likelihood = {Loss::Mse, Activation::Linear};
  VariationalAutoencoder model(options, {{1}, {1}});
  set_parameter(model, "encoder.mean.weight", at::ones({1, 1}));
  set_parameter(model, "encoder.log_variance.weight", at::zeros({1, 1}));
  set_parameter(model, "encoder.log_variance.bias", at::full({1}, std::log(variance)));
  set_parameter(model, "decoder.dense1.weight", at::ones({1, 1}));
  return model;
}

TEST(KlFromStandardNormal, KlIsZeroForStandardNormal) {
  const GaussianCode code = {at::zeros({3, 2}), at::zeros({3, 2})};
  EXPECT_TRUE(at::equal(kl_from_standard_normal(code), at::zeros({3})));
}

TEST(KlFromStandardNormal, MatchesItsFormula) {
  // ½ (σ² + μ² − 1 − ln σ²): ½ for N(1, 1), ½ (2 + 4 − 1 − ln 2) for N(−2, 2).
  const float ln2 = std::log(2.0F);
  const GaussianCode code = {at::tensor({1.0F, -2.0F, 0.0F, 0.0F}).view({2, 2}),
                             at::tensor({0.0F, ln2, 0.0F, 0.0F}).view({2, 2})};
  const at::Tensor kl = kl_from_standard_normal(code);
  EXPECT_NEAR(kl[0].item<double>(), 0.5 + 2.1534264, 1e-6);
  EXPECT_EQ(kl[1].item<double>(), 0);
}

TEST(Variational, SamplesWithTheStandardDeviationOfTheCode) {
  // z = x + 2 ε, so (z − x)² has the mean 4: with exp(log σ²) for exp(½ log σ²) it would be 16.
  auto model = transparent(4);
  constexpr int64_t kRows = 40'000;
  StepContext step = step_with_seed(1);
  const Losses losses = model.loss(batch_of(at::full({kRows, 1}, 3.0)), step);
  const double standard_error = 4 * std::sqrt(2.0 / kRows);
  EXPECT_EQ(losses.terms[0].name, "reconstruction");
  EXPECT_NEAR(losses.terms[0].value.item<double>(), 4, 4 * standard_error);
  EXPECT_EQ(losses.terms[1].name, "kl");
  EXPECT_NEAR(losses.terms[1].value.item<double>(), 0.5 * (4 + 9 - 1 - std::log(4.0)), 1e-5);
}

TEST(Variational, ReconstructionIsSummedOverTheValuesAndAveragedOverTheBatch) {
  // A sigmoid of 0 is ½ for every pixel, which costs ln 2 whatever the pixel.
  VariationalAutoencoder model({.widths = {4, 2}}, kFashionImage);
  set_parameter(model, "decoder.dense2.weight", at::zeros({784, 4}));
  StepContext step = step_with_seed(1);
  const Losses losses = model.loss(batch_of(at::rand({3, 1, 28, 28})), step);
  EXPECT_NEAR(losses.terms[0].value.item<double>(), 784 * std::log(2.0), 1e-2);
}

TEST(Variational, SameGeneratorSeedGivesTheSameLoss) {
  VariationalAutoencoder model({.widths = {4, 2}}, {{8}, {8}});
  const Batch batch = batch_of(at::rand({5, 8}));
  const auto loss = [&](uint64_t seed) {
    StepContext step = step_with_seed(seed);
    return model.loss(batch, step).total().item<double>();
  };
  EXPECT_EQ(loss(7), loss(7));
  EXPECT_NE(loss(7), loss(8));
}

TEST(Variational, EachStepOfAGeneratorDrawsNewNoise) {
  VariationalAutoencoder model({.widths = {4, 2}}, {{8}, {8}});
  const Batch batch = batch_of(at::rand({5, 8}));
  StepContext step = step_with_seed(7);
  const double first = model.loss(batch, step).total().item<double>();
  EXPECT_NE(model.loss(batch, step).total().item<double>(), first);
}

TEST(Variational, WarmUpGrowsTheWeightByEpochsInTrainingAlone) {
  auto model = transparent(1, {.beta = 2, .kl_warmup = 4});
  const Batch batch = batch_of(at::ones({2, 1}));
  const auto weight = [&](int64_t epoch, bool training) {
    StepContext step = step_with_seed(1);
    step.epoch = epoch;
    step.training = training;
    return model.loss(batch, step).terms[1].weight;
  };
  EXPECT_DOUBLE_EQ(weight(1, true), 0.5);
  EXPECT_DOUBLE_EQ(weight(2, true), 1);
  EXPECT_DOUBLE_EQ(weight(4, true), 2);
  EXPECT_DOUBLE_EQ(weight(5, true), 2);
  EXPECT_DOUBLE_EQ(weight(1, false), 2);
}

TEST(Variational, BetaWeighsTheKlAndLeavesItsRawValue) {
  const Batch batch = batch_of(at::full({2, 1}, 3.0));  // KL = 4.5 for N(3, 1)
  for (const double beta : {0.0, 1.0, 4.0}) {
    auto model = transparent(1, {.beta = beta});
    StepContext step = step_with_seed(1);
    const Losses losses = model.loss(batch, step);
    EXPECT_NEAR(losses.terms[1].value.item<double>(), 4.5, 1e-6);
    EXPECT_NEAR(losses.total().item<double>() - losses.terms[0].value.item<double>(), beta * 4.5,
                1e-5);
  }
}

TEST(Variational, EncodeIsTheMean) {
  auto model = transparent(4);
  const at::Tensor x = at::rand({3, 1});
  EXPECT_TRUE(at::equal(model.encode(x), x));
  const GaussianCode code = model.distribution(x);
  EXPECT_TRUE(at::equal(code.mean, x));
  EXPECT_TRUE(at::allclose(code.log_variance, at::full({3, 1}, std::log(4.0))));
  EXPECT_EQ(model.code_kind(), "gaussian");
}

TEST(Variational, HasThePublishedNumbersOfParameters) {
  VariationalAutoencoder dense({.widths = {256, 2}}, kFashionImage);  // recipe fashion-vae-2d
  EXPECT_EQ(summarize(dense).trainable, 404'244);
  VariationalAutoencoder convolutional(convolutional_network(),
                                       kFashionImage);  // fashion-vae-conv-2d
  EXPECT_EQ(summarize(convolutional).trainable, 3'410'058);
}

TEST(Variational, DecodersHaveThePublishedShapes) {
  VariationalAutoencoder dense({.widths = {256, 2}}, kFashionImage);
  const std::vector<std::pair<std::string, Shape>> layers = {
      {"decoder.dense1", {256}}, {"decoder.dense2", {784}}, {"decoder.reshape1", {1, 28, 28}}};
  EXPECT_EQ(decoder_shapes(dense), layers);
  VariationalAutoencoder convolutional(convolutional_network(), kFashionImage);
  const std::vector<std::pair<std::string, Shape>> convolutions = {
      {"decoder.dense1", {128}},          {"decoder.dense2", {64 * 14 * 14}},
      {"decoder.reshape1", {64, 14, 14}}, {"decoder.deconv1", {64, 14, 14}},
      {"decoder.deconv2", {64, 14, 14}},  {"decoder.deconv3", {64, 29, 29}},
      {"decoder.conv1", {1, 28, 28}}};
  EXPECT_EQ(decoder_shapes(convolutional), convolutions);
}

TEST(Variational, ConvolutionsMirrorImagesOfAnySizeAndNumberOfChannels) {
  for (const Shape& image : {Shape{1, 8, 8}, {3, 27, 29}, {4, 9, 6}, {2, 1, 1}}) {
    VariationalAutoencoder model(convolutional_network(3), {image, image});
    std::vector<int64_t> sizes = {2, image[0], image[1], image[2]};
    EXPECT_EQ(model.forward(at::rand(sizes)).sizes(), sizes) << shape_text(image);
  }
}

TEST(Variational, RefusesWhatCannotWork) {
  const auto build = [](const VariationalOptions& options, const ItemShapes& shapes) {
    return [=] { VariationalAutoencoder(options, shapes); };
  };
  expect_contains(error_of(build(convolutional_network(), {{64}, {64}})),
                  {"`network` convolutional", "found 64 and 64", "`network` dense"});
  expect_contains(error_of(build(convolutional_network(), {{1, 8, 8}, {1, 4, 4}})),
                  {"1 x 8 x 8 and 1 x 4 x 4"});
  VariationalOptions shallow = convolutional_network();
  shallow.widths = {2};
  expect_contains(error_of(build(shallow, kFashionImage)), {"`widths`", "found 1"});
  expect_contains(error_of(build({.widths = {}}, kFashionImage)), {"`widths`", "none"});
  expect_contains(error_of(build({.widths = {4, 0}}, kFashionImage)), {"`widths`", "found 0"});
}

}  // namespace
}  // namespace hourglass::models
