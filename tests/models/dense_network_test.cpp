#include "hourglass/models/networks/dense_network.h"

#include "hourglass/core/error.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/summary.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

const ItemShapes kImage = {{1, 28, 28}, {1, 28, 28}};

TEST(DenseNetwork, HasThePublishedNumbersOfParameters) {
  Autoencoder relu({.shapes = kImage, .network = DenseNetwork{.widths = {32, 2}}});
  EXPECT_EQ(summarize(relu).trainable, 51'154);  // recipe mnist-2d-relu
  Autoencoder linear({.shapes = kImage, .network = DenseNetwork{.widths = {100, 50, 25, 2}}});
  EXPECT_EQ(summarize(linear).trainable, 170'536);  // recipe mnist-2d-linear
}

TEST(DenseNetwork, MirrorsItsWidths) {
  Autoencoder model({.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {5, 3}}});
  const auto summary = summarize(model);
  std::vector<std::pair<std::string, Shape>> rows;
  for (const auto& layer : summary.layers) rows.emplace_back(layer.name, layer.output_shape);
  const std::vector<std::pair<std::string, Shape>> expected = {{"encoder.flatten1", {4}},
                                                               {"encoder.dense1", {5}},
                                                               {"encoder.dense2", {3}},
                                                               {"decoder.dense1", {5}},
                                                               {"decoder.dense2", {4}},
                                                               {"decoder.reshape1", {4}},
                                                               {"output", {4}}};
  EXPECT_EQ(rows, expected);
}

TEST(DenseNetwork, ComputesWhatItsFormulaSays) {
  Autoencoder model({.shapes = {{3}, {3}},
                     .network = DenseNetwork{.widths = {2}, .code_activation = Activation::Relu},
                     .likelihood = {Loss::Mse, Activation::Linear}});
  const at::Tensor x = at::rand({4, 3});
  const auto p = model.named_parameters();
  const at::Tensor z =
      at::relu(at::matmul(x, p["encoder.dense1.weight"].t()) + p["encoder.dense1.bias"]);
  EXPECT_TRUE(at::allclose(model.encode(x), z));
  EXPECT_TRUE(at::allclose(
      model.decode(z), at::matmul(z, p["decoder.dense1.weight"].t()) + p["decoder.dense1.bias"]));
}

TEST(DenseNetwork, ReadsItemsOfUnitLength) {
  Autoencoder model({.shapes = {{3}, {3}},
                     .network = DenseNetwork{.widths = {2}, .unit_length = true},
                     .likelihood = {Loss::Mse, Activation::Linear}});
  const auto p = model.named_parameters();
  const at::Tensor x = at::tensor({0.F, 3.F, 4.F, 0.F, 0.F, 0.F, 1e-9F, 0.F, 0.F}).view({3, 3});
  const at::Tensor unit = at::tensor({0.F, 0.6F, 0.8F, 0.F, 0.F, 0.F, 1.F, 0.F, 0.F}).view({3, 3});
  const at::Tensor code =
      at::matmul(unit, p["encoder.dense1.weight"].t()) + p["encoder.dense1.bias"];
  EXPECT_TRUE(at::allclose(model.encode(x), code));
  const at::Tensor input = x.clone().requires_grad_();
  model.encode(input).sum().backward();
  EXPECT_TRUE(input.grad().isfinite().all().item<bool>());
}

TEST(DenseNetwork, DropsInputsInTrainingAlone) {
  const ModelSpec spec = {.shapes = {{400}, {400}},
                          .network = DenseNetwork{.widths = {1}, .input_dropout = 0.25},
                          .likelihood = {Loss::Mse, Activation::Linear}};
  Autoencoder model(spec);
  model.named_parameters()["encoder.dense1.weight"].data().fill_(1);
  const at::Tensor ones = at::ones({50, 400});
  expect_contains(error_of([&] { model.encode(ones); }), {"dropout: expected the 0 rows", "50"});
  const at::Tensor rows = at::arange(50, at::kLong);
  const Batch batch = {.input = ones, .target = ones, .rows = rows};
  model.begin_step(batch, {.random = RowRandom(1)});
  const at::Tensor kept = model.encode(ones) * 0.75;  // a count of those that are left
  EXPECT_TRUE(at::allclose(kept, kept.round(), 0, 1e-3));
  EXPECT_NEAR(kept.mean().item<double>(), 300, 6);  // the standard error is 1.2
  EXPECT_GT(kept.std().item<double>(), 5);          // 8.7
  // It belongs to a row, wherever that is in a batch.
  const Batch backwards = {.input = ones, .target = ones, .rows = rows.flip(0)};
  model.begin_step(backwards, {.random = RowRandom(1)});
  EXPECT_TRUE(at::allclose(model.encode(ones) * 0.75, kept.flip(0)));
  model.eval();
  EXPECT_TRUE(model.encode(ones).eq(400).all().item<bool>());
}

TEST(DenseNetwork, AcceptsACodeWiderThanTheInput) {
  Autoencoder model({.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {50}}});
  EXPECT_EQ(model.encode(at::rand({2, 4})).sizes(), (std::vector<int64_t>{2, 50}));
}

TEST(DenseNetwork, MapsBetweenShapesOfDifferentSize) {
  Autoencoder model({.shapes = {{1, 4, 4}, {3, 8, 8}}, .network = DenseNetwork{.widths = {3}}});
  EXPECT_EQ(model.forward(at::rand({2, 1, 4, 4})).sizes(), (std::vector<int64_t>{2, 3, 8, 8}));
}

TEST(DenseNetwork, TiedWeightsAreTheEncodersTransposed) {
  Autoencoder model({.shapes = {{5}, {5}},
                     .network = DenseNetwork{.widths = {3, 2}, .tied_weights = true},
                     .likelihood = {Loss::Mse, Activation::Linear}});
  const auto p = model.named_parameters();
  EXPECT_EQ(p.size(), 6U);  // two weights, four biases
  const at::Tensor z = at::rand({4, 2});
  const at::Tensor hidden = at::relu(at::matmul(z, p["encoder.dense2.weight"]));
  EXPECT_TRUE(at::allclose(model.decode(z), at::matmul(hidden, p["encoder.dense1.weight"])));
}

TEST(DenseNetwork, LinearOutputIsNeverClamped) {
  Autoencoder model({.shapes = {{3}, {3}},
                     .network = DenseNetwork{.widths = {2}},
                     .likelihood = {Loss::Mse, Activation::Linear}});
  EXPECT_GT(model.decode(at::full({1, 2}, 1e3)).abs().max().item<float>(), 1);
}

TEST(DenseNetwork, RefusesOptionsThatCannotWork) {
  const auto build = [](const DenseNetwork& network, const ItemShapes& shapes) {
    return [=] { Autoencoder({.shapes = shapes, .network = network}); };
  };
  expect_contains(error_of(build({.widths = {8, 0}}, kImage)), {"`widths`", "found 0"});
  expect_contains(error_of(build({.tied_weights = true}, {{4}, {5}})),
                  {"`tied_weights`", "4 and 5"});
  expect_contains(error_of([] {
                    Autoencoder({.shapes = kImage, .likelihood = {Loss::Bce, Activation::Tanh}});
                  }),
                  {"`loss` bce", "'tanh'"});
}

TEST(Summary, ShowsEveryLayerAndTheTotal) {
  Autoencoder model({.shapes = kImage, .network = DenseNetwork{.widths = {32, 2}}});
  expect_contains(to_text(summarize(model)),
                  {"encoder.dense1", "Dense, relu", "25,120", "1 x 28 x 28", "51,154"});
}

}  // namespace
}  // namespace hourglass::models
