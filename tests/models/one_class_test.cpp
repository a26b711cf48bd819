#include "hourglass/models/one_class.h"

#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/layers_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <memory>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

constexpr int64_t kPretraining = 3, kCentring = 4;

/// Two numbers are their own code.
std::shared_ptr<OneClass> identity(OneClassOptions options = {}) {
  options.pretraining_epochs = kPretraining;
  const ModelSpec spec = {.shapes = {{2}, {2}},
                          .network = DenseNetwork{.widths = {2}},
                          .likelihood = {Loss::Mse, Activation::Linear}};
  auto model = std::make_shared<OneClass>(options, spec);
  set_parameter(*model, "encoder.dense1.weight", at::eye(2));
  return model;
}

void set_buffer(OneClass& model, const std::string& name, const at::Tensor& values) {
  model.named_buffers()[name].copy_(values);
}

at::Tensor buffer(const OneClass& model, const std::string& name) {
  return model.named_buffers()[name];
}

StepContext step_in(int64_t epoch, size_t phase = 1) {
  return {.random = RowRandom(1, epoch), .epoch = epoch, .phase = phase};
}

/// The phase's terms and metrics one after the other.
std::vector<double> numbers_of(const StepValues& values) {
  std::vector<double> numbers;
  for (const auto& value : values.terms) numbers.push_back(value.item<double>());
  for (const auto& value : values.metrics) numbers.push_back(value.item<double>());
  return numbers;
}

const at::Tensor kItems = at::tensor({1.0F, 2.0F, -3.0F, 0.0F}).view({2, 2});

TEST(OneClass, LearnsInTwoPhasesWithAnEpochBetweenThem) {
  const auto phases = identity()->phases();
  ASSERT_EQ(phases.size(), 2U);
  for (int64_t epoch = 1; epoch < 10; ++epoch) {
    EXPECT_EQ(phases[0].learns_in(epoch), epoch <= kPretraining);
    EXPECT_EQ(phases[1].learns_in(epoch), epoch > kCentring);
    EXPECT_EQ(loss_phase(phases, epoch), epoch > kCentring ? 1U : 0U);
  }
  EXPECT_EQ(phases[1].modules, std::vector<std::string>{"encoder"});
}

TEST(OneClass, PretrainingIsThatOfAPlainAutoencoder) {
  const auto model = identity();
  Autoencoder& plain = *model;
  EXPECT_EQ(numbers_of(model->losses(batch_of(kItems), step_in(1, 0))),
            numbers_of(plain.Autoencoder::losses(batch_of(kItems), step_in(1, 0))));
}

TEST(OneClass, AHardBoundarysLossIsTheMeanSquaredDistance) {
  const auto model = identity();
  set_buffer(*model, "centre", at::tensor({1.0F, 0.0F}));
  // 0 + 4, 16 + 0
  EXPECT_EQ(numbers_of(model->losses(batch_of(kItems), step_in(9))), std::vector<double>{10});
}

TEST(OneClass, ASoftBoundaryCountsWhatLiesOutside) {
  const auto model = identity({.boundary = Boundary::Soft, .nu = 0.25});
  set_buffer(*model, "centre", at::tensor({1.0F, 0.0F}));
  set_buffer(*model, "radius", at::full({}, 3.0F));
  const StepValues values = model->losses(batch_of(kItems), step_in(9));
  // R² = 9, max(0, 4 − 9) and 16 − 9; the mean distance, and how many lie outside.
  EXPECT_EQ(numbers_of(values), (std::vector<double>{9, 3.5, 10, 0.5}));
  EXPECT_NEAR(total(model->phases()[1], values, step_in(9)).item<double>(), 9 + 3.5 / 0.25, 1e-5);
}

TEST(OneClass, TheCentreIsTheMeanCodeOfTheEpochBetween) {
  const auto model = identity();
  const at::Tensor items = at::tensor({1.0F, -2.0F, 4.0F, -1.0F, 1.0F, -6.0F}).view({3, 2});
  model->after_step(batch_of(items), step_in(kPretraining));
  EXPECT_FALSE(buffer(*model, "centre").any().item<bool>());
  // Batches of another size, of which each counts by its items.
  model->after_step(batch_of(items.narrow(0, 0, 2)), step_in(kCentring));
  model->after_step(batch_of(items.narrow(0, 2, 1)), step_in(kCentring));
  EXPECT_TRUE(at::allclose(buffer(*model, "centre"), at::tensor({2.0F, -3.0F}), 0, 1e-6));
  EXPECT_TRUE(model->is_training());
  model->after_step(batch_of(items), step_in(kCentring + 1));
  EXPECT_TRUE(at::allclose(buffer(*model, "centre"), at::tensor({2.0F, -3.0F}), 0, 1e-6));
}

TEST(OneClass, NoComponentOfTheCentreIsCloseToZero) {
  for (const auto& [mean, expected] :
       {std::pair(0.02F, 0.1F), {-0.02F, -0.1F}, {0.0F, 0.1F}, {-0.11F, -0.11F}}) {
    const auto model = identity();
    model->after_step(batch_of(at::tensor({mean, 5.0F}).view({1, 2})), step_in(kCentring));
    EXPECT_TRUE(at::equal(buffer(*model, "centre"), at::tensor({expected, 5.0F}))) << mean;
  }
}

/// As the trained model gives them: by the running averages, which stay.
TEST(OneClass, CodesOfTheCentreAreNotNormalisedByTheirBatch) {
  OneClass model({.pretraining_epochs = kPretraining},
                 {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{}});
  const Batch batch = batch_of(at::rand({6, 1, 8, 8}));
  const at::Tensor before = buffer(model, "encoder.norm1.running_mean").clone();
  model.after_step(batch, step_in(kCentring));
  EXPECT_TRUE(at::equal(buffer(model, "encoder.norm1.running_mean"), before));
  model.eval();
  EXPECT_TRUE(at::allclose(buffer(model, "mean_code"), model.encode(batch.input).mean(0), 0, 1e-6));
}

TEST(OneClass, TheRadiusIsTheQuantileOfTheBatchsDistances) {
  const auto model = identity({.boundary = Boundary::Soft, .nu = 0.25, .radius_warmup = 2});
  set_buffer(*model, "centre", at::tensor({1.0F, 0.0F}));
  // 1, 2, 3 and 4 from the centre: three quarters of the way from 1 to 4 lies 3.25.
  const Batch batch =
      batch_of(at::tensor({1.0F, 1.0F, 1.0F, -2.0F, 4.0F, 0.0F, 1.0F, 4.0F}).view({4, 2}));
  const auto step = [&](int64_t epoch) {
    model->losses(batch, step_in(epoch));
    model->after_step(batch, step_in(epoch));
    return buffer(*model, "radius").item<double>();
  };
  EXPECT_EQ(step(kCentring + 2), 0);
  EXPECT_NEAR(step(kCentring + 3), 3.25, 1e-6);
}

TEST(OneClass, ValidationMovesNoRadius) {
  const auto model = identity({.boundary = Boundary::Soft, .radius_warmup = 0});
  StepContext validation = step_in(9);
  validation.training = false;
  model->losses(batch_of(kItems), validation);
  model->after_step(batch_of(kItems), step_in(9));
  EXPECT_EQ(buffer(*model, "radius").item<double>(), 0);
}

TEST(OneClass, TheEncoderHasNoBiasesAndTheDecoderHas) {
  const auto model = identity();
  EXPECT_FALSE(model->named_parameters().contains("encoder.dense1.bias"));
  EXPECT_TRUE(model->named_buffers().contains("encoder.dense1.bias"));
  EXPECT_FALSE(buffer(*model, "encoder.dense1.bias").requires_grad());
  EXPECT_TRUE(model->named_parameters().contains("decoder.dense1.bias"));
  EXPECT_FALSE(model->encode(at::zeros({1, 2})).any().item<bool>());
}

/// The network of the paper's authors: 25 · 8 + 25 · 8 · 4 + 196 · 32 weights.
TEST(OneClass, WhatNormalisesNeitherScalesNorMoves) {
  const OneClass model(
      {}, {.shapes = {{1, 28, 28}, {1, 28, 28}},
           .network = LayersNetwork{
               .encoder = "conv:8,5; batch-norm:1e-4; leaky-relu:0.01; max-pool; conv:4,5; "
                          "batch-norm:1e-4; leaky-relu:0.01; max-pool; flatten; dense:32",
               .decoder = "dense:784"}});
  int64_t count = 0;
  for (const auto& parameter : model.named_parameters()) {
    if (parameter.key().starts_with("encoder.")) count += parameter.value().numel();
  }
  EXPECT_EQ(count, 25 * 8 + 25 * 8 * 4 + 196 * 32);
  EXPECT_TRUE(at::equal(buffer(model, "encoder.batch_norm1.weight"), at::ones({8})));
}

TEST(OneClass, CentreDistanceIsAMethodOfTheModel) {
  const auto model = identity();
  set_buffer(*model, "centre", at::tensor({1.0F, 0.0F}));
  const auto methods = model->extra_methods();
  ASSERT_EQ(methods.size(), 1U);
  EXPECT_EQ(methods[0].name, "centre_distance");
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(methods[0].run({kItems}).at(0), at::tensor({4.0F, 16.0F})));
}

TEST(OneClass, RefusesACodeWithBounds) {
  expect_contains(error_of([] {
                    check(OneClassOptions{}, DenseNetwork{.code_activation = Activation::Sigmoid});
                  }),
                  {"`network`", "without bounds", "sigmoid"});
  EXPECT_NO_THROW(check(OneClassOptions{}, DenseNetwork{.code_activation = Activation::LeakyRelu}));
}

TEST(OneClass, RefusesAnEncoderThatKeepsItsBiases) {
  expect_contains(
      error_of([] {
        OneClass({}, {.shapes = {{6, 2}, {6, 2}}, .network = LstmNetwork{.widths = {4, 2}}});
      }),
      {"`network`", "without biases", "lstm1.bias"});
}

}  // namespace
}  // namespace hourglass::models
