#include "hourglass/models/convolution_layers.h"

#include "hourglass/models/tensors.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

/// first, first + 1, … as one grey image [1, 1, height, width].
at::Tensor counting_image(int64_t height, int64_t width, int64_t first = 1) {
  return at::arange(first, first + height * width, at::kFloat).view({1, 1, height, width});
}

/// One grey image of these values, row by row.
at::Tensor grey(int64_t height, int64_t width, const std::vector<float>& values) {
  return at::tensor(values).view({1, 1, height, width});
}

/// One channel to one channel without an activation, with this kernel.
template <class ConvolutionLayer>
ConvolutionLayer plain(const at::Tensor& kernel, int64_t stride, Padding padding) {
  ConvolutionLayer layer({.kernel = kernel.size(2),
                          .stride = stride,
                          .padding = padding,
                          .activation = Activation::Linear});
  set_parameter(layer, "weight", kernel);
  return layer;
}

/// A kernel that writes the window's pixels into the digits of one number: the upper left pixel
/// counts ones, its right neighbour tens, and so on.
at::Tensor digits_kernel() { return grey(2, 2, {1, 10, 100, 1000}); }

void expect_image(const at::Tensor& actual, const at::Tensor& expected) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  EXPECT_TRUE(at::allclose(actual, expected)) << actual << "\ninstead of\n" << expected;
}

TEST(ConvLayer, SameThreeByThreePadsOnePixelAllAround) {
  auto layer = plain<ConvLayer>(at::ones({1, 1, 3, 3}), 1, Padding::Same);
  expect_image(layer.forward(counting_image(3, 3)),
               grey(3, 3, {12, 21, 16, 27, 45, 33, 24, 39, 28}));
}

TEST(ConvLayer, SameTwoByTwoPadsRightAndBottomOnly) {
  auto layer = plain<ConvLayer>(digits_kernel(), 1, Padding::Same);
  expect_image(layer.forward(counting_image(3, 3)),
               grey(3, 3, {5421, 6532, 603, 8754, 9865, 906, 87, 98, 9}));
}

TEST(ConvLayer, SameTwoByTwoOfStrideTwoPadsNothingOnAnEvenSize) {
  auto layer = plain<ConvLayer>(digits_kernel(), 2, Padding::Same);
  expect_image(layer.forward(counting_image(4, 4)), grey(2, 2, {6521, 8743, 15409, 17631}));
  EXPECT_EQ(layer.forward(counting_image(28, 28)).size(2), 14);
}

TEST(ConvLayer, SameTwoByTwoOfStrideTwoPadsRightAndBottomOnAnOddSize) {
  auto layer = plain<ConvLayer>(digits_kernel(), 2, Padding::Same);
  expect_image(layer.forward(counting_image(3, 3)), grey(2, 2, {5421, 603, 87, 9}));
}

TEST(ConvLayer, SameThreeByThreeOfStrideTwoPadsAsManyPixelsAsTheSizeNeeds) {
  auto layer = plain<ConvLayer>(at::ones({1, 1, 3, 3}), 2, Padding::Same);
  // An even size lacks one pixel, which goes right and bottom; an odd one lacks two, one a side.
  expect_image(layer.forward(counting_image(4, 4)), grey(2, 2, {54, 45, 72, 54}));
  const at::Tensor odd = layer.forward(counting_image(5, 5));
  EXPECT_EQ(odd.size(3), 3);
  EXPECT_FLOAT_EQ(odd[0][0][0][0].item<float>(), 1 + 2 + 6 + 7);
  EXPECT_FLOAT_EQ(odd[0][0][1][1].item<float>(), 9 * 13);
  EXPECT_FLOAT_EQ(odd[0][0][2][2].item<float>(), 19 + 20 + 24 + 25);
}

TEST(ConvLayer, ValidPadsNothing) {
  auto ones = plain<ConvLayer>(at::ones({1, 1, 3, 3}), 1, Padding::Valid);
  expect_image(ones.forward(counting_image(4, 4)), grey(2, 2, {54, 63, 90, 99}));
  auto digits = plain<ConvLayer>(digits_kernel(), 1, Padding::Valid);
  EXPECT_EQ(digits.forward(counting_image(29, 29)).size(2), 28);
}

TEST(ConvLayer, AddsItsBiasBeforeTheActivation) {
  ConvLayer layer({.kernel = 1, .activation = Activation::Relu});
  set_parameter(layer, "weight", at::full({1, 1, 1, 1}, 2));
  set_parameter(layer, "bias", at::tensor({-5.0F}));
  expect_image(layer.forward(counting_image(2, 2)), grey(2, 2, {0, 0, 1, 3}));
}

TEST(ConvLayer, HasNoBiasUnlessAskedFor) {
  EXPECT_EQ(ConvLayer({.bias = false}).parameters().size(), 1U);
  EXPECT_EQ(ConvTransposeLayer({.bias = false}).parameters().size(), 1U);
}

TEST(ConvLayer, StartsGlorotUniformOverTheWholeWindow) {
  at::manual_seed(1);
  const double limit = std::sqrt(6.0 / ((16 + 32) * 9));
  const ConvLayer conv({.inputs = 16, .outputs = 32});
  const ConvTransposeLayer transposed({.inputs = 16, .outputs = 32});
  for (const auto& parameters : {conv.named_parameters(), transposed.named_parameters()}) {
    const double largest = parameters["weight"].abs().max().item<double>();
    EXPECT_LE(largest, limit);
    EXPECT_GT(largest, 0.99 * limit);
    EXPECT_EQ(parameters["bias"].abs().max().item<double>(), 0);
  }
}

TEST(ConvTransposeLayer, HasTheSizesOfItsPadding) {
  const at::Tensor image = at::rand({2, 1, 14, 14});
  const at::Tensor kernel = at::rand({1, 1, 3, 3});
  const auto side = [&](int64_t stride, Padding padding) {
    return plain<ConvTransposeLayer>(kernel, stride, padding).forward(image).size(3);
  };
  EXPECT_EQ(side(1, Padding::Same), 14);
  EXPECT_EQ(side(2, Padding::Same), 28);
  EXPECT_EQ(side(1, Padding::Valid), 16);
  EXPECT_EQ(side(2, Padding::Valid), 29);
}

TEST(ConvTransposeLayer, ValidStampsTheKernelOncePerPixel) {
  auto layer = plain<ConvTransposeLayer>(counting_image(3, 3), 2, Padding::Valid);
  expect_image(layer.forward(grey(1, 2, {1, 2})),
               grey(3, 5, {1, 2, 5, 4, 6, 4, 5, 14, 10, 12, 7, 8, 23, 16, 18}));
}

TEST(ConvTransposeLayer, SameKeepsTheMiddleAtStrideOne) {
  auto layer = plain<ConvTransposeLayer>(counting_image(3, 3), 1, Padding::Same);
  expect_image(layer.forward(counting_image(2, 2)), grey(2, 2, {23, 33, 53, 63}));
}

TEST(ConvTransposeLayer, SameDropsTheLastRowAndColumnAtStrideTwo) {
  auto layer = plain<ConvTransposeLayer>(counting_image(3, 3), 2, Padding::Same);
  expect_image(layer.forward(grey(1, 2, {1, 2})), grey(2, 4, {1, 2, 5, 4, 4, 5, 14, 10}));
}

TEST(ConvTransposeLayer, IsTheTransposeOfTheConvolutionWithTheSamePadding) {
  // ⟨conv(x), y⟩ = ⟨x, conv_transpose(y)⟩, which is how Keras defines it.
  at::manual_seed(1);
  using Sizes = std::pair<int64_t, int64_t>;
  for (const auto& [kernel_size, stride] : {Sizes{3, 1}, {3, 2}, {2, 1}, {4, 2}, {2, 2}}) {
    const at::Tensor kernel = at::rand({1, 1, kernel_size, kernel_size});
    auto conv = plain<ConvLayer>(kernel, stride, Padding::Same);
    auto transposed = plain<ConvTransposeLayer>(kernel, stride, Padding::Same);
    const at::Tensor x = at::rand({1, 1, 4 * stride, 4 * stride}), y = at::rand({1, 1, 4, 4});
    const at::Tensor left = (conv.forward(x) * y).sum();
    const at::Tensor right = (x * transposed.forward(y)).sum();
    EXPECT_TRUE(at::allclose(left, right)) << kernel_size << " / " << stride;
  }
}

TEST(BatchNormLayer, NormalisesABatchByItsOwnMomentsWithKerasEpsilon) {
  BatchNormLayer layer(2);
  set_parameter(layer, "weight", at::tensor({1.0F, 2.0F}));
  set_parameter(layer, "bias", at::tensor({0.0F, -1.0F}));
  // Channel 0: 1, 3, 5, 7, with mean 4 and variance 5; channel 1: all the same, variance 0.
  const at::Tensor x = at::tensor({1.0F, 3.0F, 9.0F, 9.0F, 5.0F, 7.0F, 9.0F, 9.0F});
  const at::Tensor y = layer.forward(x.view({2, 2, 1, 2})).flatten();
  const auto normal = [](double value) {
    return static_cast<float>((value - 4) / std::sqrt(5 + 1e-3));
  };
  const at::Tensor expected =
      at::tensor({normal(1), normal(3), -1.0F, -1.0F, normal(5), normal(7), -1.0F, -1.0F});
  EXPECT_TRUE(at::allclose(y, expected)) << y;
}

double running(const BatchNormLayer& layer, const char* name) {
  return layer.named_buffers()[name].item<double>();
}

TEST(BatchNormLayer, RunningAveragesOfAShortRunAreThoseOfItsSteps) {
  BatchNormLayer layer(1);
  layer.forward(grey(2, 2, {1, 3, 5, 7}));               // mean 4, unbiased variance 20/3
  EXPECT_NEAR(running(layer, "running_mean"), 4, 1e-6);  // nothing of the start from 0 and 1
  EXPECT_NEAR(running(layer, "running_var"), 20.0 / 3, 1e-6);
  layer.forward(grey(2, 2, {11, 13, 15, 17}));  // mean 14
  EXPECT_NEAR(running(layer, "running_mean"), (1 * 4 + 2 * 14) / 3.0, 1e-6);
  layer.forward(grey(2, 2, {0, 0, 4, 4}));  // mean 2, variance 16/3
  EXPECT_NEAR(running(layer, "running_mean"), (1 * 4 + 2 * 14 + 3 * 2) / 6.0, 1e-6);
  EXPECT_NEAR(running(layer, "running_var"), ((1 + 2) * 20 + 3 * 16) / 3.0 / 6, 1e-6);
}

TEST(BatchNormLayer, RunningAveragesOfALongRunKeepNinetyNinePercentOfAStep) {
  BatchNormLayer layer(1);
  for (int step = 0; step < 250; ++step) layer.forward(grey(2, 2, {1, 3, 5, 7}));
  layer.forward(grey(2, 2, {101, 103, 105, 107}));
  EXPECT_NEAR(running(layer, "running_mean"), 0.99 * 4 + 0.01 * 104, 1e-4);
}

TEST(BatchNormLayer, SettlesFromTheStepItWasSavedAt) {
  BatchNormLayer whole(1), half(1), rest(1);
  const auto image = [](int step) {
    const auto value = static_cast<float>(step);
    return grey(2, 2, {value, value * value, 1, 0});
  };
  for (int step = 0; step < 6; ++step) whole.forward(image(step));
  for (int step = 0; step < 3; ++step) half.forward(image(step));
  load_tensors(rest, copied_tensors(half), "saved");
  for (int step = 3; step < 6; ++step) rest.forward(image(step));
  EXPECT_EQ(running(rest, "running_mean"), running(whole, "running_mean"));
  EXPECT_EQ(running(rest, "running_var"), running(whole, "running_var"));
}

TEST(BatchNormLayer, ReadsFilesThatHaveNoCounter) {
  BatchNormLayer layer(1);
  TensorMap saved = copied_tensors(layer);
  saved.erase("num_batches_tracked");
  saved["running_mean"].fill_(3);
  load_tensors(layer, saved, "saved");
  EXPECT_EQ(running(layer, "running_mean"), 3);
  saved.erase("running_var");
  expect_contains(error_of([&] { load_tensors(layer, saved, "saved"); }), {"running_var"});
}

TEST(BatchNormLayer, EvaluationUsesTheRunningAveragesAndLeavesThem) {
  BatchNormLayer layer(1);
  layer.forward(grey(2, 2, {1, 3, 5, 7}));
  layer.eval();
  const at::Tensor y = layer.forward(grey(1, 1, {100}));
  EXPECT_NEAR(y.item<double>(), (100 - 4) / std::sqrt(20.0 / 3 + 1e-3), 1e-3);
  EXPECT_NEAR(running(layer, "running_mean"), 4, 1e-6);
}

TEST(BatchNormLayer, ASingleValueAChannelLeavesTheRunningAverages) {
  BatchNormLayer layer(1);
  EXPECT_NEAR(layer.forward(grey(1, 1, {5})).item<double>(), 0, 1e-4);
  EXPECT_EQ(running(layer, "running_mean"), 0);
  EXPECT_EQ(running(layer, "running_var"), 1);
  EXPECT_EQ(running(layer, "num_batches_tracked"), 0);
}

TEST(MaxPoolLayer, TakesTheLastOfAnOddSizeAlone) {
  MaxPoolLayer layer;
  expect_image(layer.forward(counting_image(3, 3)), grey(2, 2, {5, 6, 8, 9}));
  const at::Tensor pooled = layer.forward(counting_image(7, 7, 0));
  EXPECT_EQ(pooled.sizes(), (std::vector<int64_t>{1, 1, 4, 4}));
  EXPECT_EQ(pooled[0][0][0][3].item<float>(), 13);  // the larger of the last column's first two
  EXPECT_EQ(pooled[0][0][3][0].item<float>(), 43);
  EXPECT_EQ(pooled[0][0][3][3].item<float>(), 48);
}

TEST(MaxPoolLayer, DoesNotTakeTheBorderForZeros) {
  MaxPoolLayer layer;
  expect_image(layer.forward(-counting_image(3, 3)), -grey(2, 2, {1, 3, 7, 9}));
}

TEST(UpsampleLayer, MakesEveryPixelFour) {
  UpsampleLayer layer;
  expect_image(layer.forward(grey(2, 2, {1, 2, 3, 4})),
               grey(4, 4, {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}));
  EXPECT_EQ(layer.forward(counting_image(3, 7)).sizes(), (std::vector<int64_t>{1, 1, 6, 14}));
}

TEST(CropLayer, KeepsTheUpperLeftPart) {
  CropLayer layer(2, 1);
  expect_image(layer.forward(counting_image(3, 3)), grey(2, 1, {1, 4}));
}

}  // namespace
}  // namespace hourglass::models
