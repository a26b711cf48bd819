#include "hourglass/models/networks/layers_network.h"

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/summary.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

std::vector<std::pair<std::string, Shape>> shapes_along(Autoencoder& model) {
  std::vector<std::pair<std::string, Shape>> rows;
  for (const auto& layer : summarize(model).layers)
    rows.emplace_back(layer.name, layer.output_shape);
  return rows;
}

ModelSpec spec_in_words(const Shape& item, const std::string& encoder, const std::string& decoder) {
  return {.shapes = {item, item},
          .network = LayersNetwork{.encoder = encoder, .decoder = decoder},
          .likelihood = {.loss = Loss::Mse, .activation = Activation::Linear}};
}

/// What building says.
std::string build_complaint(const Shape& item, const std::string& encoder,
                            const std::string& decoder) {
  return error_of([&] { Autoencoder model(spec_in_words(item, encoder, decoder)); });
}

TEST(LayersNetwork, ShapesFollowFromLayerToLayer) {
  Autoencoder model(spec_in_words(
      {1, 9, 9}, "conv:4,3,stride=2,relu; batch-norm; max-pool:2,valid; flatten; dense:2",
      "dense:12,relu; reshape:3,2,2; deconv:2,3,stride=2,valid; upsample:2;"
      " crop:0,1,1,0; conv:1,3"));
  const std::vector<std::pair<std::string, Shape>> expected = {{"encoder.conv1", {4, 5, 5}},
                                                               {"encoder.norm1", {4, 5, 5}},
                                                               {"encoder.max_pool1", {4, 2, 2}},
                                                               {"encoder.flatten1", {16}},
                                                               {"encoder.dense1", {2}},
                                                               {"decoder.dense1", {12}},
                                                               {"decoder.reshape1", {3, 2, 2}},
                                                               {"decoder.deconv1", {2, 5, 5}},
                                                               {"decoder.upsample1", {2, 10, 10}},
                                                               {"decoder.cut1", {2, 9, 9}},
                                                               {"decoder.conv1", {1, 9, 9}},
                                                               {"output", {1, 9, 9}}};
  EXPECT_EQ(shapes_along(model), expected);
}

TEST(LayersNetwork, SequencesAreReadStepByStep) {
  Autoencoder model(spec_in_words({6, 3}, "lstm:5,sequence; dense:4,tanh; lstm:2",
                                  "repeat:6; lstm:4,sequence; dense:3"));
  EXPECT_EQ(model.code_shape(), Shape{2});
  EXPECT_EQ(model.forward(at::rand({7, 6, 3})).sizes(), (at::IntArrayRef{7, 6, 3}));
}

TEST(LayersNetwork, TheLastLayerGetsTheItemsShape) {
  Autoencoder model(spec_in_words({1, 8, 8}, "flatten; dense:2", "dense:64"));
  EXPECT_EQ(model.forward(at::rand({3, 1, 8, 8})).sizes(), (at::IntArrayRef{3, 1, 8, 8}));
}

TEST(LayersNetwork, HeadsTakeThePlaceOfTheLastLayer) {
  const ModelSpec spec = spec_in_words({64}, "dense:8,relu; dense:3", "dense:64");
  Variational model({}, spec);
  EXPECT_EQ(model.code_shape(), Shape{3});
  EXPECT_EQ(model.encode(at::rand({5, 64})).sizes(), (at::IntArrayRef{5, 3}));
  expect_contains(error_of([&] {
                    Variational other(
                        {}, spec_in_words({64}, "dense:8,relu; dense:3,relu", "dense:64"));
                  }),
                  {"`encoder`", "linear", "dense:3,relu"});
}

TEST(LayersNetwork, AConditionJoinsVectorsSequencesAndMaps) {
  const auto runs = [](const Shape& item, const std::string& encoder, const std::string& decoder) {
    ModelSpec spec = spec_in_words(item, encoder, decoder);
    spec.condition_width = 3;
    Autoencoder model(spec);
    const at::Tensor x = at::rand(with_batch(4, item));
    return model.forward(x, at::rand({4, 3})).sizes() == x.sizes();
  };
  EXPECT_TRUE(runs({1, 8, 8}, "flatten; dense:2", "dense:64"));
  EXPECT_TRUE(runs({1, 8, 8}, "conv:2,3,stride=2", "deconv:1,2,stride=2"));
  EXPECT_TRUE(runs({5, 2}, "lstm:4", "repeat:5; lstm:4,sequence; dense:2"));
}

TEST(LayersNetwork, NamesTheLayerThatDoesNotSuit) {
  expect_contains(build_complaint({1, 8, 8}, "dense:2", "dense:64"),
                  {"`encoder`", "'dense:2'", "a vector", "1 x 8 x 8", "flatten"});
  expect_contains(build_complaint({64}, "conv:2,3", "dense:64"), {"'conv:2,3'", "a map", "64"});
  expect_contains(build_complaint({64}, "dense:2", "lstm:3"),
                  {"`decoder`", "'lstm:3'", "a sequence"});
  expect_contains(build_complaint({64}, "dense:2", "dense:63"), {"`decoder`", "64", "63"});
  expect_contains(build_complaint({64}, "dense:6", "reshape:4,2; dense:3"),
                  {"reshape:4,2", "as many"});
  expect_contains(build_complaint({1, 4, 4}, "conv:1,5,valid", "conv:1,3"),
                  {"'conv:1,5,valid'", "5 x 5"});
  expect_contains(build_complaint({1, 4, 4}, "conv:1,3", "deconv:1,2,stride=3"),
                  {"kernel", "3", "2"});
  expect_contains(build_complaint({1, 4, 4}, "conv:1,3; crop:2", "conv:1,3"),
                  {"'crop:2'", "larger"});
  expect_contains(build_complaint({5, 2}, "lstm:2,sequence", "dense:2"),
                  {"`encoder`", "a sequence"});
  expect_contains(build_complaint({64}, "activation:relu", "dense:64"), {"`encoder`", "weights"});
  expect_contains(build_complaint({1, 4, 4}, "conv:1,3", "upsample:2147483648; conv:1,3"),
                  {"upsample"});
}

TEST(LayerList, NamesWhatIsNotUnderstood) {
  const auto words = [](const std::string& text) {
    return error_of([&] { parse_layer_list("encoder", text); });
  };
  expect_contains(words(""), {"`encoder`", "none"});
  expect_contains(words("conf:3"), {"conf:3", "did you mean 'conv'"});
  expect_contains(words("dense"), {"dense:UNITS[,ACTIVATION]", "'dense'"});
  expect_contains(words("dense:2,rellu"), {"'rellu'", "'dense:2,rellu'"});
  expect_contains(words("dense:0"), {"'0'"});
  expect_contains(words("dense:99999999999"), {"'99999999999'"});
  expect_contains(words("conv:3"), {"conv:CHANNELS,KERNEL"});
  expect_contains(words("conv:3,3,stride=0"), {"'stride=0'"});
  expect_contains(words("crop:1,2"), {"crop:TOP,BOTTOM,LEFT,RIGHT"});
  expect_contains(words("activation"), {"activation:NAME"});
  expect_contains(words("leaky-relu"), {"leaky-relu:SLOPE"});
  expect_contains(words("dense:2;; dense:3"), {"found ''"});
}

TEST(LayerList, SpacesAndALastSemicolonSayNothing) {
  const auto layers = parse_layer_list("encoder", " conv: 8, 3 , valid,relu ;flatten; ");
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].sizes, (std::vector<int64_t>{8, 3}));
  EXPECT_EQ(layers[0].padding, Padding::Valid);
  EXPECT_EQ(layers[0].activation, Activation::Relu);
  EXPECT_EQ(layers[1].kind, "flatten");
}

/// Of a side of 5: same adds what is missing, valid leaves what is left over.
TEST(MaxPool, TakesOtherSizesAndStrides) {
  const at::Tensor x = at::arange(25, at::kFloat).view({1, 1, 5, 5});
  MaxPoolLayer same({.size = 3, .stride = 3}), valid({.size = 2, .padding = Padding::Valid});
  EXPECT_TRUE(at::equal(same.forward(x).flatten(), at::tensor({12.0F, 14.0F, 22.0F, 24.0F})));
  EXPECT_TRUE(at::equal(valid.forward(x).flatten(), at::tensor({6.0F, 8.0F, 16.0F, 18.0F})));
}

}  // namespace
}  // namespace hourglass::models
