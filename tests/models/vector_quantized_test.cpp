#include "hourglass/models/vector_quantized.h"

#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

/// Two numbers whose embedding is themselves, and a codebook of four corners.
VectorQuantized corners(VectorQuantizedOptions options = {}) {
  options.codebook_size = 4;
  VectorQuantized model(options, {.shapes = {{2}, {2}},
                                  .network = DenseNetwork{.widths = {2}},
                                  .likelihood = {Loss::Mse, Activation::Linear}});
  set_parameter(model, "encoder.embedding.weight", at::eye(2));
  set_parameter(model, "decoder.dense1.weight", at::eye(2));
  const at::NoGradGuard no_grad;
  at::Tensor codebook = options.quantizer.kind == Quantization::Kind::Learned
                            ? model.named_parameters()["quantizer.codebook"]
                            : model.named_buffers()["quantizer.codebook"];
  codebook.copy_(at::tensor({0.0F, 0.0F, 0.0F, 1.0F, 1.0F, 0.0F, 1.0F, 1.0F}).view({4, 2}));
  return model;
}

const at::Tensor kPoints = at::tensor({0.1F, 0.2F, 0.2F, 0.9F, 0.8F, 0.6F}).view({3, 2});

TEST(VectorQuantized, EncodesToTheNearestVectorAndDecodesIt) {
  auto model = corners();
  const at::Tensor z = model.encode(kPoints);
  EXPECT_TRUE(at::equal(z, at::tensor({0, 1, 3}, at::kLong).view({3, 1})));
  EXPECT_TRUE(
      at::equal(model.decode(z), at::tensor({0.0F, 0.0F, 0.0F, 1.0F, 1.0F, 1.0F}).view({3, 2})));
  EXPECT_TRUE(at::equal(model.decode(z.to(at::kFloat)), model.decode(z)));
}

TEST(VectorQuantized, LossesMatchTheirDefinitions) {
  auto model = corners();
  const auto values = model.losses(batch_of(kPoints), step_with_seed(1));
  // Squared distances 0.05, 0.05 and 0.2, two values each, by hand.
  EXPECT_NEAR(value_of(model, values, "commitment"), 0.3 / 6, 1e-6);
  EXPECT_NEAR(value_of(model, values, "reconstruction"), 0.3 / 6, 1e-6);
  EXPECT_NEAR(value_of(model, values, "perplexity"), 3, 1e-5);
  EXPECT_NEAR(value_of(model, values, "codebook_use"), 0.75, 1e-6);
}

TEST(VectorQuantized, GradientsPassStraightThrough) {
  auto model = corners({.commitment = 0});
  const auto values = model.losses(batch_of(kPoints), step_with_seed(1));
  values.terms[0].backward();
  // As if the decoder had been given e: ∂/∂e of mean (q − x)² is 2 (q − x) / 6.
  const at::Tensor q = model.decode(model.encode(kPoints)).detach();
  const at::Tensor expected = at::matmul((2 * (q - kPoints) / 6).t(), kPoints);
  EXPECT_TRUE(at::allclose(model.named_parameters()["encoder.embedding.weight"].grad(), expected,
                           1e-4, 1e-6));
}

TEST(VectorQuantized, RunningAveragesMoveTheCodebook) {
  auto model = corners({.decay = 0.5, .reseed_below = 0});
  const Batch batch = batch_of(kPoints);
  model.losses(batch, step_with_seed(1));
  model.after_step(batch, step_with_seed(1));
  const at::Tensor codebook = model.named_buffers()["quantizer.codebook"];
  // From nothing, the first average is that of what is assigned; an unused vector stays.
  EXPECT_TRUE(at::allclose(codebook[0], kPoints[0]));
  EXPECT_TRUE(at::allclose(codebook[3], kPoints[2]));
  EXPECT_TRUE(at::equal(codebook[2], at::tensor({1.0F, 0.0F})));
  // A second batch, with weight ½: (½ · 0.1 · ½ + ½ · 0.3) / (½ · ½ + ½) for the first number.
  const Batch second = batch_of(at::tensor({0.3F, 0.2F}).view({1, 2}));
  model.losses(second, step_with_seed(1));
  model.after_step(second, step_with_seed(1));
  EXPECT_NEAR(codebook[0][0].item<double>(), (0.25 * 0.1 + 0.5 * 0.3) / 0.75, 1e-6);
}

TEST(VectorQuantized, VectorsThatNobodyUsesStartAnewFromTheBatch) {
  auto model = corners({.reseed_below = 0.5});
  const Batch batch = batch_of(kPoints);
  model.losses(batch, step_with_seed(1));
  model.after_step(batch, step_with_seed(1));
  const at::Tensor codebook = model.named_buffers()["quantizer.codebook"];
  const at::Tensor distance = (codebook[2] - kPoints).square().sum(1).min();
  EXPECT_NEAR(distance.item<double>(), 0, 1e-9);  // one of the batch's points
}

TEST(VectorQuantized, ACodebookThatLearnsByLossIsAParameter) {
  auto model = corners({.quantizer = {Quantization::Kind::Learned}});
  const auto values = model.losses(batch_of(kPoints), step_with_seed(1));
  EXPECT_NEAR(value_of(model, values, "codebook"), 0.3 / 6, 1e-6);
  values.terms.back().backward();
  const at::Tensor gradient = model.named_parameters()["quantizer.codebook"].grad();
  EXPECT_NEAR(gradient[0][1].item<double>(), -2 * 0.2 / 6, 1e-6);
  EXPECT_EQ(gradient[2].abs().sum().item<double>(), 0);
}

TEST(VectorQuantized, AMapHasAnIndexAtEachPlace) {
  at::manual_seed(1);
  VectorQuantized model(
      {.codebook_size = 16},
      {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{.filters = {4, 3}}});
  model.eval();
  const at::Tensor x = at::rand({5, 1, 8, 8});
  const at::Tensor z = model.encode(x);
  EXPECT_EQ(model.code_shape(), (Shape{2, 2}));
  EXPECT_EQ(z.sizes(), (std::vector<int64_t>{5, 2, 2}));
  EXPECT_EQ(z.scalar_type(), at::kLong);
  EXPECT_LT(z.max().item<int64_t>(), 16);
  EXPECT_EQ(model.decode(z).sizes(), x.sizes());
  EXPECT_EQ(model.code_kind(), "indices");
}

TEST(VectorQuantized, SeveralCodebooksGiveAMapEach) {
  at::manual_seed(1);
  VectorQuantized model(
      {.quantizer = *Quantization::parse("residual:3"), .codebook_size = 16},
      {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{.filters = {4, 3}}});
  model.eval();
  const at::Tensor x = at::rand({5, 1, 8, 8});
  EXPECT_EQ(model.code_shape(), (Shape{3, 2, 2}));
  EXPECT_EQ(model.encode(x).sizes(), (std::vector<int64_t>{5, 3, 2, 2}));
  EXPECT_EQ(model.decode(model.encode(x)).sizes(), x.sizes());
  VectorQuantized flat({.quantizer = *Quantization::parse("residual:3"), .codebook_size = 16},
                       {.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {2}}});
  EXPECT_EQ(flat.code_shape(), (Shape{3}));
  EXPECT_EQ(flat.decode(flat.encode(at::rand({5, 4}))).sizes(), (std::vector<int64_t>{5, 4}));
}

/// What is decoded in training is what inference decodes.
TEST(VectorQuantized, EveryQuantizerDecodesWhatItWasTrainedWith) {
  for (const char* quantizer : {"ema", "learned", "fsq:5,3", "fsq:5,3,2", "residual:3"}) {
    at::manual_seed(1);
    VectorQuantized model({.quantizer = *Quantization::parse(quantizer), .codebook_size = 16},
                          {.shapes = {{1, 8, 8}, {1, 8, 8}},
                           .network = ConvolutionalNetwork{.filters = {4, 3}},
                           .likelihood = {Loss::Mse, Activation::Linear}});
    model.eval();
    const at::Tensor x = at::rand({5, 1, 8, 8});
    const auto values = model.losses(batch_of(x), step_with_seed(1));
    EXPECT_NEAR(value_of(model, values, "reconstruction"),
                at::mse_loss(model.forward(x), x).item<double>(), 1e-5)
        << quantizer;
    EXPECT_GE(value_of(model, values, "perplexity"), 1 - 1e-5) << quantizer;
  }
}

/// Means over the codebooks: of uses (2, 1) and (1, 2) of 2 vectors each.
TEST(VectorQuantized, MetricsAreMeansOverTheCodebooks) {
  VectorQuantized model({.quantizer = *Quantization::parse("residual:2"), .codebook_size = 2},
                        {.shapes = {{1}, {1}},
                         .network = DenseNetwork{.widths = {1}},
                         .likelihood = {Loss::Mse, Activation::Linear}});
  set_parameter(model, "encoder.embedding.weight", at::ones({1, 1}));
  {
    const at::NoGradGuard no_grad;
    auto buffers = model.named_buffers();
    buffers["quantizer.stage1.codebook"].copy_(at::tensor({0.0F, 10.0F}).view({2, 1}));
    buffers["quantizer.stage2.codebook"].copy_(at::tensor({0.0F, 2.0F}).view({2, 1}));
  }
  const at::Tensor x = at::tensor({0.5F, 11.5F, 2.5F}).view({3, 1});
  const auto values = model.losses(batch_of(x), step_with_seed(1));
  const double entropy = -(2.0 / 3) * std::log(2.0 / 3) - (1.0 / 3) * std::log(1.0 / 3);
  EXPECT_NEAR(value_of(model, values, "perplexity"), std::exp(entropy), 1e-5);
  EXPECT_NEAR(value_of(model, values, "codebook_use"), 1, 1e-6);
}

}  // namespace
}  // namespace hourglass::models
