#include "hourglass/models/networks/convolutional_network.h"

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/summary.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

ItemShapes image_of(int64_t channels, int64_t height, int64_t width) {
  return {{channels, height, width}, {channels, height, width}};
}

std::vector<std::pair<std::string, Shape>> layer_shapes(Autoencoder& model) {
  std::vector<std::pair<std::string, Shape>> rows;
  for (const auto& layer : summarize(model).layers)
    rows.emplace_back(layer.name, layer.output_shape);
  return rows;
}

TEST(ConvolutionalNetwork, HasThePublishedNumbersOfValues) {
  Autoencoder plain(
      {.shapes = image_of(1, 28, 28),
       .network = ConvolutionalNetwork{.filters = {32, 16, 16}}});  // recipe fashion-conv
  EXPECT_EQ(summarize(plain).trainable + summarize(plain).fixed, 17'216);
  Autoencoder wide(
      {.shapes = image_of(1, 28, 28),
       .network = ConvolutionalNetwork{.filters = {32, 32, 32}}});  // recipe fashion-denoise
  EXPECT_EQ(summarize(wide).trainable + summarize(wide).fixed, 47'424);
}

TEST(ConvolutionalNetwork, HasThePublishedSizesOnTheWay) {
  Autoencoder model(
      {.shapes = image_of(1, 28, 28), .network = ConvolutionalNetwork{.filters = {32, 16, 16}}});
  EXPECT_EQ(model.code_shape(), (Shape{16, 4, 4}));
  const std::vector<std::pair<std::string, Shape>> expected = {
      {"encoder.conv1", {32, 28, 28}},     {"encoder.norm1", {32, 28, 28}},
      {"encoder.pool1", {32, 14, 14}},     {"encoder.conv2", {16, 14, 14}},
      {"encoder.norm2", {16, 14, 14}},     {"encoder.pool2", {16, 7, 7}},
      {"encoder.conv3", {16, 7, 7}},       {"encoder.norm3", {16, 7, 7}},
      {"encoder.pool3", {16, 4, 4}},       {"decoder.conv1", {16, 4, 4}},
      {"decoder.norm1", {16, 4, 4}},       {"decoder.upsample1", {16, 8, 8}},
      {"decoder.conv2", {16, 8, 8}},       {"decoder.norm2", {16, 8, 8}},
      {"decoder.upsample2", {16, 16, 16}}, {"decoder.conv3", {32, 14, 14}},
      {"decoder.norm3", {32, 14, 14}},     {"decoder.upsample3", {32, 28, 28}},
      {"decoder.conv4", {1, 28, 28}},      {"output", {1, 28, 28}}};
  EXPECT_EQ(layer_shapes(model), expected);
}

TEST(ConvolutionalNetwork, ConvolvesSequencesOverTime) {
  Autoencoder model(
      {.shapes = {{10, 3}, {10, 3}}, .network = ConvolutionalNetwork{.filters = {4, 2}}});
  EXPECT_EQ(model.code_shape(), (Shape{2, 1, 3}));
  const std::vector<std::pair<std::string, Shape>> expected = {
      {"encoder.to_time_map1", {3, 1, 10}},
      {"encoder.time_conv1", {4, 1, 10}},
      {"encoder.norm1", {4, 1, 10}},
      {"encoder.time_pool1", {4, 1, 5}},
      {"encoder.time_conv2", {2, 1, 5}},
      {"encoder.norm2", {2, 1, 5}},
      {"encoder.time_pool2", {2, 1, 3}},
      {"decoder.time_conv1", {2, 1, 3}},
      {"decoder.norm1", {2, 1, 3}},
      {"decoder.time_upsample1", {2, 1, 6}},
      {"decoder.time_conv2", {4, 1, 6}},
      {"decoder.norm2", {4, 1, 6}},
      {"decoder.time_upsample2", {4, 1, 12}},
      {"decoder.crop1", {4, 1, 10}},
      {"decoder.time_conv3", {3, 1, 10}},
      {"decoder.from_time_map1", {10, 3}},
      {"output", {10, 3}}};
  EXPECT_EQ(layer_shapes(model), expected);
  // Seven steps of three channels, and no bias.
  EXPECT_EQ(model.named_parameters()["encoder.time_conv1.weight"].sizes().vec(),
            (Shape{4, 3, 1, 7}));
}

TEST(ConvolutionalNetwork, SequencesNeedTwoStepsBeforeTheLastPooling) {
  expect_contains(error_of([] {
                    Autoencoder({.shapes = {{4, 1}, {4, 1}},
                                 .network = ConvolutionalNetwork{.filters = {4, 4, 4}}});
                  }),
                  {"`filters`", "at least 5 steps, found 4"});
}

TEST(ConvolutionalNetwork, NoConvolutionHasABiasUnlessAskedFor) {
  const auto conv_biases = [](bool bias) {
    Autoencoder model({.shapes = image_of(1, 8, 8),
                       .network = ConvolutionalNetwork{.filters = {4, 2}, .bias = bias}});
    int64_t count = 0;
    for (const auto& name : model.named_parameters().keys()) {
      count += name.find(".conv") != std::string::npos && name.ends_with(".bias") ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(conv_biases(false), 0);
  EXPECT_EQ(conv_biases(true), 5);  // two convolutions down, three up
}

/// The smallest images, odd ones, long ones, and all sides of 5 to 36 pixels beside another.
TEST(ConvolutionalNetwork, MirrorsImagesOfAnySize) {
  std::vector<std::pair<int64_t, int64_t>> sizes = {{27, 29}, {8, 8}, {5, 64}, {100, 33}};
  for (int64_t side = 5; side <= 36; ++side) sizes.emplace_back(side, 5 + side * 7 % 32);
  for (const auto& [height, width] : sizes) {
    Autoencoder model({.shapes = image_of(1, height, width),
                       .network = ConvolutionalNetwork{.filters = {2, 3, 2}}});
    model.eval();
    const at::Tensor x = at::rand({2, 1, height, width});
    const at::Tensor z = model.encode(x);
    EXPECT_EQ(z.sizes().slice(1), at::IntArrayRef(model.code_shape())) << height << " x " << width;
    EXPECT_EQ(model.decode(z).sizes(), x.sizes()) << height << " x " << width;
  }
}

TEST(ConvolutionalNetwork, TakesOneToFourChannelsAndGivesOthersIfAskedFor) {
  for (int64_t channels = 1; channels <= 4; ++channels) {
    Autoencoder model(
        {.shapes = {{channels, 8, 8}, {5 - channels, 8, 8}}, .network = ConvolutionalNetwork{}});
    EXPECT_EQ(model.forward(at::rand({2, channels, 8, 8})).sizes(),
              (std::vector<int64_t>{2, 5 - channels, 8, 8}));
  }
}

TEST(ConvolutionalNetwork, RefusesAnImageThatIsTooSmallNamingTheSmallest) {
  const ConvolutionalNetwork three = {.filters = {2, 2, 2}};
  expect_contains(error_of([&] { Autoencoder({.shapes = image_of(1, 28, 4), .network = three}); }),
                  {"3 poolings", "at least 5 x 5", "found 28 x 4"});
  EXPECT_NO_THROW(Autoencoder({.shapes = image_of(1, 5, 5), .network = three}));
  expect_contains(
      error_of([&] {
        Autoencoder({.shapes = image_of(1, 1, 1), .network = ConvolutionalNetwork{.filters = {2}}});
      }),
      {"at least 2 x 2"});
  EXPECT_NO_THROW(
      Autoencoder({.shapes = image_of(1, 2, 2), .network = ConvolutionalNetwork{.filters = {2}}}));
}

TEST(ConvolutionalNetwork, RefusesWhatIsNoImage) {
  expect_contains(error_of([] {
                    Autoencoder({.shapes = {{64}, {64}}, .network = ConvolutionalNetwork{}});
                  }),
                  {"64", "`item_shape`"});
  expect_contains(
      error_of([] {
        Autoencoder({.shapes = {{1, 8, 8}, {1, 4, 4}}, .network = ConvolutionalNetwork{}});
      }),
      {"8 x 8", "4 x 4"});
  expect_contains(error_of([] { ConvolutionalNetwork{.filters = {}}.check(); }), {"`filters`"});
  expect_contains(error_of([] {
                    ConvolutionalNetwork{.filters = {4, 0}}.check();
                  }),
                  {"`filters`", "found 0"});
}

}  // namespace
}  // namespace hourglass::models
