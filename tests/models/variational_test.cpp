#include "hourglass/models/variational.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/strided_network.h"
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

Variational with_network(const NetworkOptions& network, const ItemShapes& shapes) {
  return {{}, {.shapes = shapes, .network = network}};
}

StridedNetwork strided(int64_t filters = 64) { return {.filters = filters, .widths = {128, 2}}; }

/// The decoder's layers and the shapes they give.
std::vector<std::pair<std::string, Shape>> decoder_shapes(Autoencoder& model) {
  std::vector<std::pair<std::string, Shape>> rows;
  for (const auto& layer : summarize(model).layers) {
    if (layer.name.starts_with("decoder.")) rows.emplace_back(layer.name, layer.output_shape);
  }
  return rows;
}

/// One number to one number: q(z|x) = N(x + mean, variance) for every x, and the decoder gives z.
Variational transparent(double variance, const VariationalOptions& options = {}) {
  Variational model(options, {.shapes = {{1}, {1}},
                              .network = DenseNetwork{.widths = {1}},
                              .likelihood = {Loss::Mse, Activation::Linear}});
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

TEST(GaussianCode, KlBetweenTwoIsThatFromTheStandardNormalWhereOneIs) {
  const GaussianCode p = {at::randn({5, 3}), at::randn({5, 3})};
  const GaussianCode standard = {at::zeros({5, 3}), at::zeros({5, 3})};
  EXPECT_TRUE(at::allclose(kl_divergence(p, standard), kl_from_standard_normal(p), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(kl_divergence(p, p), at::zeros({5}), 0, 1e-6));
}

TEST(GaussianCode, LogDensityMatchesItsFormula) {
  // −½ (ln 2π + ln σ² + (z − μ)² / σ²), summed: N(1; 0, 1) and N(2; 1, 4) by hand.
  const GaussianCode code = {at::tensor({0.0F, 1.0F}).view({1, 2}),
                             at::tensor({0.0F, std::log(4.0F)}).view({1, 2})};
  const at::Tensor z = at::tensor({1.0F, 2.0F}).view({1, 2});
  EXPECT_NEAR(log_density(code, z).item<double>(), -1.4189385 - 1.7370857, 1e-5);
}

TEST(Variational, SamplesWithTheStandardDeviationOfTheCode) {
  // z = x + 2 ε, so (z − x)² has the mean 4: with exp(log σ²) for exp(½ log σ²) it would be 16.
  auto model = transparent(4);
  constexpr int64_t kRows = 40'000;
  const StepValues values = model.losses(batch_of(at::full({kRows, 1}, 3.0)), step_with_seed(1));
  const double standard_error = 4 * std::sqrt(2.0 / kRows);
  EXPECT_NEAR(value_of(model, values, "reconstruction"), 4, 4 * standard_error);
  EXPECT_NEAR(value_of(model, values, "kl"), 0.5 * (4 + 9 - 1 - std::log(4.0)), 1e-5);
}

TEST(Variational, ReconstructionIsSummedOverTheValuesAndAveragedOverTheBatch) {
  // A sigmoid of 0 is ½ for every pixel, which costs ln 2 whatever the pixel.
  auto model = with_network(DenseNetwork{.widths = {4, 2}}, kFashionImage);
  set_parameter(model, "decoder.dense2.weight", at::zeros({784, 4}));
  const auto values = model.losses(batch_of(at::rand({3, 1, 28, 28})), step_with_seed(1));
  EXPECT_NEAR(value_of(model, values, "reconstruction"), 784 * std::log(2.0), 1e-2);
}

TEST(Variational, SeedAndEpochDecideWhatIsDrawn) {
  auto model = with_network(DenseNetwork{.widths = {4, 2}}, {{8}, {8}});
  const Batch batch = batch_of(at::rand({5, 8}));
  const auto loss = [&](uint64_t seed, int64_t epoch) {
    const StepContext step{.random = RowRandom(seed, epoch), .epoch = epoch};
    return total_of(model, model.losses(batch, step), step);
  };
  EXPECT_EQ(loss(7, 1), loss(7, 1));
  EXPECT_NE(loss(7, 1), loss(8, 1));
  EXPECT_NE(loss(7, 1), loss(7, 2));
}

TEST(Variational, TheNoiseOfARowDoesNotDependOnItsBatch) {
  auto model = transparent(4);
  const at::Tensor x = at::rand({6, 1});
  const auto error = [&](const at::Tensor& rows) {
    const Batch batch = {
        .input = x.index_select(0, rows), .target = x.index_select(0, rows), .rows = rows};
    return value_of(model, model.losses(batch, step_with_seed(3)), "reconstruction");
  };
  const double first = error(at::tensor({0, 1, 2}, at::kLong));
  const double second = error(at::tensor({5, 4, 3}, at::kLong));
  EXPECT_NEAR(error(at::tensor({4, 0, 3, 2, 1, 5}, at::kLong)), (first + second) / 2, 1e-5);
}

TEST(Variational, WarmUpGrowsTheWeightByEpochsInTrainingAlone) {
  const auto model = transparent(1, {.beta = 2, .kl_warmup = 4});
  const Term kl = model.phases().front().terms[1];
  const auto weight = [&](int64_t epoch, bool training) {
    return weight_at(kl, {.epoch = epoch, .training = training});
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
    const StepContext step = step_with_seed(1);
    const StepValues values = model.losses(batch, step);
    EXPECT_NEAR(value_of(model, values, "kl"), 4.5, 1e-6);
    EXPECT_NEAR(total_of(model, values, step) - value_of(model, values, "reconstruction"),
                beta * 4.5, 1e-5);
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
  auto dense = with_network(DenseNetwork{.widths = {256, 2}}, kFashionImage);  // fashion-vae-2d
  EXPECT_EQ(summarize(dense).trainable, 404'244);
  auto convolutional = with_network(strided(), kFashionImage);  // fashion-vae-conv-2d
  EXPECT_EQ(summarize(convolutional).trainable, 3'410'058);
}

TEST(Variational, DecodersHaveThePublishedShapes) {
  auto dense = with_network(DenseNetwork{.widths = {256, 2}}, kFashionImage);
  const std::vector<std::pair<std::string, Shape>> layers = {
      {"decoder.dense1", {256}}, {"decoder.dense2", {784}}, {"decoder.reshape1", {1, 28, 28}}};
  EXPECT_EQ(decoder_shapes(dense), layers);
  auto convolutional = with_network(strided(), kFashionImage);
  const std::vector<std::pair<std::string, Shape>> convolutions = {
      {"decoder.dense1", {128}},          {"decoder.dense2", {int64_t{64} * 14 * 14}},
      {"decoder.reshape1", {64, 14, 14}}, {"decoder.deconv1", {64, 14, 14}},
      {"decoder.deconv2", {64, 14, 14}},  {"decoder.deconv3", {64, 29, 29}},
      {"decoder.conv1", {1, 28, 28}}};
  EXPECT_EQ(decoder_shapes(convolutional), convolutions);
}

TEST(Variational, ConvolutionsMirrorImagesOfAnySizeAndNumberOfChannels) {
  for (const Shape& image : {Shape{1, 8, 8}, {3, 27, 29}, {4, 9, 6}, {2, 1, 1}}) {
    auto model = with_network(strided(3), {image, image});
    std::vector<int64_t> sizes = {2, image[0], image[1], image[2]};
    EXPECT_EQ(model.forward(at::rand(sizes)).sizes(), sizes) << shape_text(image);
  }
}

TEST(Variational, RefusesWhatCannotWork) {
  const auto build = [](const NetworkOptions& network, const ItemShapes& shapes) {
    return [=] { with_network(network, shapes); };
  };
  expect_contains(error_of(build(strided(), {{64}, {64}})),
                  {"a strided network", "found 64 and 64", "`network` dense"});
  expect_contains(error_of(build(strided(), {{1, 8, 8}, {1, 4, 4}})), {"1 x 8 x 8 and 1 x 4 x 4"});
  expect_contains(error_of(build(StridedNetwork{.widths = {2}}, kFashionImage)),
                  {"`widths`", "found 1"});
  expect_contains(error_of(build(DenseNetwork{.widths = {4, 0}}, kFashionImage)),
                  {"`widths`", "found 0"});
  // A mean has no bounds, so an activation of the code would say what is not so.
  expect_contains(error_of(build(DenseNetwork{.code_activation = Activation::Relu}, kFashionImage)),
                  {"`code_activation`", "linear", "'relu'"});
}

/// The objective knows no network: pooled convolutions make it a map of distributions.
TEST(Variational, TakesEveryKindOfNetwork) {
  for (const char* kind : {"dense", "convolutional", "strided", "lstm"}) {
    auto model = with_network(NetworkOptions(kind), {{1, 8, 8}, {1, 8, 8}});
    const at::Tensor x = at::rand({3, 1, 8, 8});
    const GaussianCode code = model.distribution(x);
    EXPECT_EQ(code.mean.sizes().slice(1), at::IntArrayRef(model.code_shape())) << kind;
    EXPECT_EQ(code.log_variance.sizes(), code.mean.sizes()) << kind;
    const auto values = model.losses(batch_of(x), step_with_seed(1));
    EXPECT_TRUE(std::isfinite(value_of(model, values, "kl"))) << kind;
  }
}

}  // namespace
}  // namespace hourglass::models
