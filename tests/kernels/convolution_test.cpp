#include "hourglass/kernels/convolution.h"

#include "hourglass/kernels/channel_passes.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/kernels/patches.h"
#include "hourglass/tests/kernels/images.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace hourglass::kernels {
namespace {

using testing::apart;
using testing::image_first;

/// A convolution without padding of an image [height, width, inputs], channels last.
struct Sizes {
  int64_t height, width, inputs, outputs, kernel, stride;

  Correlation correlation() const {
    return {.rows = (height - kernel) / stride + 1,
            .columns = (width - kernel) / stride + 1,
            .outputs = outputs,
            .runs = kernel,
            .run = kernel * inputs,
            .from_row = stride * width * inputs,
            .from_pixel = stride * inputs,
            .from_run = width * inputs,
            .to_row = (width - kernel) / stride * outputs + outputs,
            .to_pixel = outputs};
  }
};

// Short and long runs, remainders of tiles, and weights and gradients that are taken in parts.
const std::vector<Sizes> kSizes = {{9, 31, 1, 32, 3, 1},   {6, 7, 3, 16, 2, 1},
                                   {8, 19, 16, 48, 3, 1},  {5, 5, 7, 16, 5, 1},
                                   {11, 10, 20, 32, 3, 2}, {16, 16, 64, 64, 3, 1}};

class ConvolutionKernels : public ::testing::TestWithParam<std::string> {
 private:
  WithInstructionSet instruction_set_{GetParam()};
};

TEST_P(ConvolutionKernels, CorrelateAsConv2d) {
  for (const Sizes& sizes : kSizes) {
    const Correlation c = sizes.correlation();
    const at::Tensor x = at::randn({sizes.height, sizes.width, sizes.inputs});
    const at::Tensor weight = at::randn({sizes.kernel, sizes.kernel, sizes.inputs, sizes.outputs});
    const at::Tensor bias = at::randn({sizes.outputs});
    const at::Tensor y = at::empty({c.rows, c.columns, c.outputs});
    correlate(c, x.data_ptr<float>(), weight.data_ptr<float>(), y.data_ptr<float>(),
              {.bias = bias.data_ptr<float>(), .relu = true});
    const at::Tensor expected =
        at::relu(at::conv2d(image_first(x), weight.permute({3, 2, 0, 1}), bias, sizes.stride));
    EXPECT_LT(apart(image_first(y), expected), 1e-6) << sizes.inputs << " -> " << sizes.outputs;
  }
}

TEST_P(ConvolutionKernels, WhatIsNoNumberStaysNoneThroughRelu) {
  for (const Sizes& sizes : kSizes) {
    const Correlation c = sizes.correlation();
    const at::Tensor x = at::randn({sizes.height, sizes.width, sizes.inputs});
    x[sizes.height / 2][sizes.width / 2][0] = std::numeric_limits<float>::quiet_NaN();
    const at::Tensor weight = at::randn({sizes.kernel, sizes.kernel, sizes.inputs, sizes.outputs});
    const at::Tensor y = at::empty({c.rows, c.columns, c.outputs});
    correlate(c, x.data_ptr<float>(), weight.data_ptr<float>(), y.data_ptr<float>(),
              {.relu = true});
    const at::Tensor reached =
        at::conv2d(image_first(x.isnan().to(at::kFloat)),
                   at::ones_like(weight).permute({3, 2, 0, 1}), {}, sizes.stride)
            .gt(0.5);
    EXPECT_TRUE(reached.any().item<bool>());
    EXPECT_TRUE(at::equal(image_first(y).isnan(), reached))
        << sizes.inputs << " -> " << sizes.outputs;
  }
}

TEST_P(ConvolutionKernels, WeightsGetTheGradientOfConv2d) {
  for (const Sizes& sizes : kSizes) {
    const Correlation c = sizes.correlation();
    const at::Tensor x = at::randn({sizes.height, sizes.width, sizes.inputs});
    const at::Tensor weight =
        at::zeros({sizes.kernel, sizes.kernel, sizes.inputs, sizes.outputs}).requires_grad_();
    const at::Tensor gradient = at::randn({c.rows, c.columns, c.outputs});
    const at::Tensor found = at::empty_like(weight.detach());
    for (const Into into : {Into::Overwrite, Into::Add}) {
      correlate_for_weights(c, x.data_ptr<float>(), gradient.data_ptr<float>(),
                            found.data_ptr<float>(), into);
    }
    at::conv2d(image_first(x), weight.permute({3, 2, 0, 1}), {}, sizes.stride)
        .backward(image_first(gradient));
    EXPECT_LT(apart(found, 2 * weight.grad()), 1e-6) << sizes.inputs << " -> " << sizes.outputs;
  }
}

TEST_P(ConvolutionKernels, PoolsMinimaWhereTheSignIsNegative) {
  const ImageSize size = {5, 3, 16};
  const at::Tensor x = at::randn({5, 3, 16}), sign = at::ones({16});
  sign[3] = -0.5;
  const at::Tensor pooled = at::empty({3, 2, 16});
  pool(size, x.data_ptr<float>(), sign.data_ptr<float>(), pooled.data_ptr<float>());
  const at::Tensor expected =
      at::max_pool2d(image_first(x * sign.sign()), 2, 2, 0, 1, true)[0].permute({1, 2, 0}) *
      sign.sign();
  EXPECT_TRUE(at::equal(pooled, expected));
}

TEST_P(ConvolutionKernels, GiveAPoolsGradientToTheFirstOfEqualValues) {
  const ImageSize size = {2, 3, 16};
  const at::Tensor x = at::ones({2, 3, 16}), gradient = at::full({1, 2, 16}, 5.0F);
  const at::Tensor result = at::full({2, 3, 16}, -1.0F);
  image_gradient(size, {.pooled = true}, x.data_ptr<float>(), gradient.data_ptr<float>(),
                 {result.data_ptr<float>(), size.width * size.channels});
  EXPECT_TRUE(at::equal(result.select(2, 0),
                        at::tensor({5.0F, 0.0F, 5.0F, 0.0F, 0.0F, 0.0F}).view({2, 3})));
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, ConvolutionKernels,
                         ::testing::ValuesIn(instruction_sets()));

TEST(Patches, AreAddedWhereTheyAreTaken) {
  for (const int64_t kernel : {1, 2, 3, 4, 5}) {
    const int64_t side = 4 + kernel, width = 6 + kernel;
    const Patches patches = {.rows = 3,
                             .columns = 4,
                             .planes = 2,
                             .kernel = kernel,
                             .stride = 2,
                             .row = width,
                             .plane = side * width,
                             .table_row = padded(2 * kernel * kernel)};
    const at::Tensor images = at::randn({2, side, width}),
                     table = at::zeros({3, 4, patches.table_row});
    take_patches(patches, images.data_ptr<float>(), table.data_ptr<float>());
    EXPECT_EQ(table[2][1][kernel * kernel].item<float>(), images[1][4][2].item<float>());
    const at::Tensor sums = at::zeros_like(images);
    add_patches(patches, table.data_ptr<float>(), sums.data_ptr<float>());
    // <take(x), take(x)> = <x, add(take(x))>
    EXPECT_NEAR((table * table).sum().item<double>(), (images * sums).sum().item<double>(), 1e-3);
  }
}

}  // namespace
}  // namespace hourglass::kernels
