#include "hourglass/models/output_bias.h"

#include "hourglass/core/error.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

void expect_close(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_TRUE(at::allclose(found, expected, 0, 1e-6)) << found << expected;
}

/// What the decoder gives where all weights but the last biases are 0.
at::Tensor mean_without_weights(Autoencoder& model) {
  const at::NoGradGuard no_gradients;
  for (auto& parameter : model.named_parameters()) {
    if (parameter.key().ends_with("weight")) parameter.value().zero_();
  }
  Shape codes = model.code_shape();
  codes.insert(codes.begin(), 1);
  return model.decode(at::zeros(codes))[0];
}

TEST(OutputBias, MakesTheMeanOfWhatADenseDecoderGives) {
  Autoencoder model({.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {3, 2}}});
  const at::Tensor mean = at::tensor({0.1F, 0.5F, 0.8F, 0.3F});
  begin_at_mean(model, mean);
  expect_close(mean_without_weights(model), mean);
}

TEST(OutputBias, LeavesTheOtherNumbersOfAValueAlone) {
  const Shape map = {2, 2, 2};
  Autoencoder model({.shapes = {map, map},
                     .network = DenseNetwork{.widths = {3}},
                     .likelihood = {.loss = Loss::Gaussian, .activation = Activation::Linear}});
  const at::Tensor mean = at::arange(8, at::kFloat).view(map);
  begin_at_mean(model, mean);
  expect_close(mean_without_weights(model), mean);
  const at::Tensor logits = model.decode_logits(at::zeros({1, 3}));
  EXPECT_EQ(logits.sizes(), (Shape{1, 4, 2, 2}));
  EXPECT_TRUE(logits[0].narrow(0, 2, 2).eq(0).all().item<bool>());
}

TEST(OutputBias, OfAChannelIsTheMeanOfItsPlaces) {
  const Shape map = {2, 8, 8};
  Autoencoder model(
      {.shapes = {map, map}, .network = ConvolutionalNetwork{.filters = {4}, .bias = true}});
  const at::Tensor mean = at::rand(map);
  begin_at_mean(model, mean);
  expect_close(mean_without_weights(model), mean.mean({1, 2}, true).expand(map));
}

TEST(OutputBias, OfAFeatureIsTheMeanOfItsTimes) {
  // The rows of an image are times, too, and all channels of one a time's features.
  const std::vector<std::pair<Shape, int64_t>> items = {
      {{5}, 0}, {{5, 3}, 0}, {{1, 5, 3}, 1}, {{2, 5, 3}, 1}};
  for (const auto& [series, times] : items) {
    Autoencoder model({.shapes = {series, series}, .network = LstmNetwork{.widths = {4}}});
    const at::Tensor mean = at::rand(series);
    begin_at_mean(model, mean);
    expect_close(mean_without_weights(model), mean.mean(times, true).expand(series));
  }
}

TEST(OutputBias, NeedsBiases) {
  const Shape map = {1, 8, 8};
  Autoencoder model({.shapes = {map, map}, .network = ConvolutionalNetwork{.filters = {4}}});
  expect_contains(
      error_of([&] { begin_at_mean(model, at::zeros(map)); }),
      {"`output_bias` mean: expected biases in the last layer, found none in decoder."});
}

}  // namespace
}  // namespace hourglass::models
