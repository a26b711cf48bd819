#include "hourglass/models/autoencoder.h"

#include "hourglass/core/error.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <any>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

const ItemShapes kSmallImage = {{1, 4, 4}, {1, 4, 4}};

TEST(Autoencoder, MinimisesTheReconstructionLossAlone) {
  Autoencoder model({.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {2}}});
  const at::Tensor x = at::rand({4, 3});
  const StepContext step = step_with_seed(1);
  const StepValues values = model.losses(batch_of(x), step);
  ASSERT_EQ(values.terms.size(), 1U);
  const at::Tensor expected = at::binary_cross_entropy(model.forward(x), x);
  EXPECT_NEAR(total_of(model, values, step), expected.item<double>(), 1e-6);
}

/// Where `forward` throws, no layer keeps a listener that refers to what is gone.
TEST(Autoencoder, LayersListenNoLongerThanAskedEvenWhenForwardThrows) {
  Autoencoder model({.shapes = kSmallImage, .network = DenseNetwork{.widths = {2}}});
  EXPECT_ANY_THROW(model.layers(at::rand({2, 1, 5, 5})));
  for (const auto& module : model.modules(/*include_self=*/false)) {
    const auto layer = std::dynamic_pointer_cast<Layer>(module);
    EXPECT_FALSE(layer && layer->listener) << module->name();
  }
}

TEST(Autoencoder, PlanNamesEveryLayerAndItsTensors) {
  Autoencoder model({.shapes = {{5}, {5}},
                     .network = DenseNetwork{
                         .widths = {3, 2}, .activation = Activation::Tanh, .tied_weights = true}});
  const ModelPlan plan = model.plan();
  ASSERT_EQ(plan.encoder.size(), 3U);
  EXPECT_EQ(plan.encoder[1].name, "encoder.dense1");
  EXPECT_EQ(plan.encoder[1].layer.kind, "dense");
  EXPECT_EQ(plan.encoder[1].layer.activation, Activation::Tanh);
  EXPECT_EQ(plan.encoder[1].layer.sizes.at("inputs"), 5);
  EXPECT_EQ(plan.encoder[1].layer.sizes.at("outputs"), 3);
  // A tied layer shares the tensor itself.
  EXPECT_TRUE(plan.decoder[1]
                  .layer.tensors.at("transposed_weight")
                  .is_same(plan.encoder[1].layer.tensors.at("weight")));
  EXPECT_EQ(plan.output, Activation::Sigmoid);
}

/// All there is to compute with: whoever reads the plan alone gets the model's result.
TEST(Autoencoder, PlanOfDenseLayersIsEnoughToComputeWith) {
  Autoencoder model({.shapes = {{5}, {5}}, .network = DenseNetwork{.widths = {4, 2}}});
  const at::Tensor x = at::rand({3, 5});
  at::Tensor y = x;
  const ModelPlan plan = model.plan();
  for (const auto& stack : {plan.encoder, plan.decoder}) {
    for (const auto& [name, layer] : stack) {
      if (layer.kind != "dense") continue;
      y = activate(layer.activation,
                   at::linear(y, layer.tensors.at("weight"), layer.tensors.at("bias")));
    }
  }
  EXPECT_TRUE(at::allclose(activate(plan.output, y), model.forward(x)));
}

/// [B, K] of one-hot rows.
at::Tensor classes(const std::vector<int64_t>& labels, int64_t count) {
  return at::one_hot(at::tensor(labels, at::kLong), count).to(at::kFloat);
}

TEST(Condition, ReachesEncoderAndDecoderOfEveryKindOfNetwork) {
  for (const char* kind : {"dense", "convolutional", "strided", "lstm"}) {
    at::manual_seed(1);
    Autoencoder model(
        {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = NetworkOptions(kind), .condition_width = 3});
    model.eval();
    const at::Tensor x = at::rand({2, 1, 8, 8});
    const at::Tensor one = classes({0, 1}, 3), other = classes({2, 1}, 3);
    const at::Tensor z = model.encode(x, one);
    EXPECT_FALSE(at::allclose(z[0], model.encode(x, other)[0])) << kind;
    EXPECT_TRUE(at::allclose(z[1], model.encode(x, other)[1], 1e-4, 1e-5)) << kind;
    EXPECT_FALSE(at::allclose(model.decode(z, one)[0], model.decode(z, other)[0])) << kind;
    EXPECT_EQ(model.forward(x, one).sizes(), x.sizes()) << kind;
  }
}

TEST(Condition, MissingOrOfAnotherWidthIsAnErrorThatSaysSo) {
  Autoencoder model({.shapes = {{5}, {5}}, .condition_width = 3});
  expect_contains(error_of([&] { model.encode(at::rand({2, 5})); }), {"3 values", "none"});
  expect_contains(error_of([&] { model.encode(at::rand({2, 5}), at::rand({2, 4})); }),
                  {"3 values", "2 x 4"});
}

TEST(Condition, TiedWeightsHaveNoPlaceForOne) {
  expect_contains(error_of([] {
                    Autoencoder({.shapes = {{5}, {5}},
                                 .network = DenseNetwork{.tied_weights = true},
                                 .condition_width = 2});
                  }),
                  {"`tied_weights`", "condition"});
}

TEST(NetworkOptions, NamesTheNetworksThereAre) {
  expect_contains(error_of([] { NetworkOptions("desne"); }),
                  {"`network`", "dense, convolutional, strided, lstm", "did you mean 'dense'"});
}

TEST(NetworkOptions, DescribesTheFieldsOfItsKind) {
  NetworkOptions network = ConvolutionalNetwork{.filters = {4, 2}};
  FieldTable table;
  network.describe(table);
  EXPECT_EQ(table.names(), (std::vector<std::string>{"network", "filters", "activation", "bias"}));
  table.find("filters")->set("8,4");
  const Network built = network.build({.shapes = {{1, 8, 8}, {1, 8, 8}}});
  EXPECT_EQ(built.code_shape, (Shape{4, 2, 2}));
}

}  // namespace
}  // namespace hourglass::models
