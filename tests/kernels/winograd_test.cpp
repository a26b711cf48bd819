#include "hourglass/kernels/winograd.h"

#include "hourglass/kernels/instruction_set.h"
#include "hourglass/tests/kernels/images.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace hourglass::kernels {
namespace {

using testing::apart;
using testing::image_first;

constexpr int64_t kInputs = 32, kOutputs = 48;

/// Memory for the places of tiles, and what lies there as a matrix.
struct Places {
  explicit Places(const Tiles& of) : tiles(of), memory(at::zeros({kPlaces * of.place()})) {}

  float* data() const { return memory.data_ptr<float>(); }
  at::Tensor at_place(int64_t place) const {
    return memory
        .slice(0, place * tiles.place(), place * tiles.place() + tiles.count() * tiles.channels)
        .view({tiles.count(), tiles.channels});
  }

  Tiles tiles;
  at::Tensor memory;
};

/// A convolution without padding of x [12, 8, inputs], whose result is [10, 6, outputs].
class WinogradKernels : public ::testing::TestWithParam<std::string> {
 protected:
  const Tiles around_ = {5, 3, kInputs}, result_ = {5, 3, kOutputs};
  const at::Tensor x_ = at::randn({12, 8, kInputs});
  const Places inputs_{around_}, outputs_{result_};

  void SetUp() override {
    tiles_around(around_, {x_.data_ptr<float>(), 8 * kInputs}, inputs_.data());
  }

 private:
  WithInstructionSet instruction_set_{GetParam()};
};

TEST_P(WinogradKernels, ComputeConv2d) {
  const at::Tensor weight = at::randn({3, 3, kInputs, kOutputs}), bias = at::randn({kOutputs});
  const at::Tensor kernel_places = at::empty({kPlaces, kInputs, kOutputs});
  places_of_kernels(kInputs * kOutputs, weight.data_ptr<float>(), kernel_places.data_ptr<float>());
  for (int64_t place = 0; place < kPlaces; ++place) {
    outputs_.at_place(place).copy_(at::matmul(inputs_.at_place(place), kernel_places[place]));
  }
  const at::Tensor y = at::empty({10, 6, kOutputs});
  image_of_tiles(result_, outputs_.data(), {.bias = bias.data_ptr<float>(), .relu = true},
                 {y.data_ptr<float>(), 6 * kOutputs});
  const at::Tensor expected =
      at::relu(at::conv2d(image_first(x_), weight.permute({3, 2, 0, 1}), bias));
  EXPECT_LT(apart(image_first(y), expected), 2e-6);
}

TEST_P(WinogradKernels, WhatIsNoNumberStaysNoneThroughRelu) {
  outputs_.memory.normal_();
  // A place that all four pixels of a tile are summed from, of the third tile, above on the right.
  outputs_.at_place(5)[2][7] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor y = at::empty({10, 6, kOutputs});
  image_of_tiles(result_, outputs_.data(), {.relu = true}, {y.data_ptr<float>(), 6 * kOutputs});
  const at::Tensor expected = at::zeros({10, 6, kOutputs}, at::kBool);
  expected.slice(0, 0, 2).slice(1, 4, 6).select(2, 7).fill_(true);
  EXPECT_TRUE(at::equal(y.isnan(), expected));
}

TEST_P(WinogradKernels, GiveWeightsTheGradientOfConv2d) {
  const at::Tensor gradient = at::randn({10, 6, kOutputs});
  gradient_of_places(result_, {gradient.data_ptr<float>(), 6 * kOutputs}, outputs_.data());
  const at::Tensor kernel_places = at::empty({kPlaces, kInputs, kOutputs});
  for (int64_t place = 0; place < kPlaces; ++place) {
    kernel_places[place] = at::matmul(inputs_.at_place(place).t(), outputs_.at_place(place));
  }
  const at::Tensor found = at::empty({3, 3, kInputs, kOutputs});
  gradient_of_kernels(kInputs * kOutputs, kernel_places.data_ptr<float>(), found.data_ptr<float>());
  const at::Tensor weight = at::zeros({3, 3, kInputs, kOutputs}).requires_grad_();
  at::conv2d(image_first(x_), weight.permute({3, 2, 0, 1})).backward(image_first(gradient));
  EXPECT_LT(apart(found, weight.grad()), 2e-6);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, WinogradKernels, ::testing::ValuesIn(instruction_sets()));

}  // namespace
}  // namespace hourglass::kernels
