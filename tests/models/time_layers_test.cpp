#include "hourglass/models/time_layers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace hourglass::models {
namespace {

/// One sequence of one feature, as a map [1, 1, 1, T].
at::Tensor map_of(const std::vector<float>& steps) { return at::tensor(steps).view({1, 1, 1, -1}); }

TEST(TimeLayers, FeaturesBecomeChannelsAndBack) {
  const at::Tensor x = at::arange(12, at::kFloat).view({1, 3, 4});
  const at::Tensor map = ToTimeMapLayer().forward(x);
  EXPECT_EQ(map.sizes().vec(), (std::vector<int64_t>{1, 4, 1, 3}));
  EXPECT_EQ(map[0][1][0][2].item<float>(), 9);  // step 2, feature 1
  EXPECT_TRUE(FromTimeMapLayer().forward(map).equal(x));
}

TEST(TimeLayers, ConvolutionsKeepOrLoseTheBorder) {
  ConvOptions options = {.kernel = 3, .activation = Activation::Linear, .bias = false};
  for (const auto padding : {Padding::Same, Padding::Valid}) {
    options.padding = padding;
    TimeConvLayer conv(options);
    const at::NoGradGuard no_grad;
    conv.named_parameters()["weight"].copy_(at::tensor({1.F, 10.F, 100.F}).view({1, 1, 1, 3}));
    const at::Tensor y = conv.forward(map_of({1, 2, 3}));
    const at::Tensor expected = padding == Padding::Same ? map_of({210, 321, 32}) : map_of({321});
    EXPECT_TRUE(y.equal(expected)) << y;
  }
}

TEST(TimeLayers, PoolingTakesTheGreaterOfTwoSteps) {
  EXPECT_TRUE(TimePoolLayer().forward(map_of({1, 5, 4, 2, 3})).equal(map_of({5, 4, 3})));
}

TEST(TimeLayers, UpsamplingTakesEveryStepTwice) {
  EXPECT_TRUE(TimeUpsampleLayer().forward(map_of({1, 2})).equal(map_of({1, 1, 2, 2})));
}

TEST(TimeLayers, PlansSayWhatIsComputed) {
  const LayerPlan plan = TimeConvLayer({.inputs = 2, .outputs = 4, .kernel = 5}).plan();
  EXPECT_EQ(plan.kind, "time_conv");
  EXPECT_EQ(plan.title, "Conv 5, relu");
  EXPECT_EQ(plan.sizes.at("kernel"), 5);
  EXPECT_EQ(plan.tensors.at("weight").sizes().vec(), (std::vector<int64_t>{4, 2, 1, 5}));
  EXPECT_EQ(plan.tensors.count("bias"), 1U);
}

}  // namespace
}  // namespace hourglass::models
