#include "hourglass/models/denoising.h"

#include "hourglass/models/summary.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

const ItemShapes kEightByEight = {{1, 8, 8}, {1, 8, 8}};

TEST(Denoising, BuildsTheNetworkThatIsNamed) {
  const auto convolutional = build(DenoisingOptions{.filters = {4, 3}}, kEightByEight);
  EXPECT_EQ(convolutional->code_kind(), "map");
  EXPECT_EQ(convolutional->code_shape(), (Shape{3, 2, 2}));
  const auto dense = build(
      DenoisingOptions{.network = DenoisingNetwork::Dense, .widths = {100, 70}}, kEightByEight);
  EXPECT_EQ(dense->code_kind(), "vector");
  EXPECT_EQ(dense->code_shape(), (Shape{70}));  // wider than the input: noise keeps it from copying
}

TEST(Denoising, HasThePublishedNumberOfValues) {
  const auto model = build(DenoisingOptions{.filters = {32, 32, 32}}, {{1, 28, 28}, {1, 28, 28}});
  EXPECT_EQ(summarize(*model).trainable + summarize(*model).fixed, 47'424);  // fashion-denoise
}

TEST(Denoising, DenseCodeHasTheActivationOfTheHiddenLayers) {
  const auto model =
      build(DenoisingOptions{.network = DenoisingNetwork::Dense, .activation = Activation::Relu},
            kEightByEight);
  const at::Tensor z = model->encode(at::rand({16, 1, 8, 8}));
  EXPECT_GE(z.min().item<float>(), 0);
  EXPECT_GT(z.max().item<float>(), 0);
}

TEST(Denoising, ChecksTheOptionsOfItsNetworkAlone) {
  const auto message = [](DenoisingNetwork network) {
    return error_of(
        [&] { check(DenoisingOptions{.network = network, .filters = {0}, .widths = {0}}); });
  };
  expect_contains(message(DenoisingNetwork::Dense), {"`widths`", "found 0"});
  expect_contains(message(DenoisingNetwork::Convolutional), {"`filters`", "found 0"});
}

}  // namespace
}  // namespace hourglass::models
