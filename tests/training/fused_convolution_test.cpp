#include "hourglass/kernels/instruction_set.h"
#include "hourglass/models/convolution_layers.h"
#include "hourglass/models/layers.h"
#include "hourglass/training/fused/convolution_layers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace hourglass::training::fused {
namespace {

using models::Activation;
using models::BatchNormLayer;
using models::ConvLayer;
using models::ConvOptions;
using models::ConvTransposeLayer;
using models::CropLayer;
using models::FlattenLayer;
using models::MaxPoolLayer;
using models::Padding;
using models::ReshapeLayer;
using models::Stack;
using models::UpsampleLayer;

struct ImageCase {
  std::string name;
  std::shared_ptr<Stack> stack;
  Shape input;
};

std::shared_ptr<ConvLayer> conv(const ConvOptions& options) {
  return std::make_shared<ConvLayer>(options);
}

template <class... Layers>
std::shared_ptr<Stack> stack_of(const Layers&... layers) {
  auto stack = std::make_shared<Stack>();
  (stack->add(layers), ...);
  return stack;
}

/// What networks do, at sizes that leave remainders everywhere.
std::vector<ImageCase> cases() {
  const auto norm = [](int64_t channels) { return std::make_shared<BatchNormLayer>(channels); };
  const auto pool = [] { return std::make_shared<MaxPoolLayer>(); };
  const auto upsample = [] { return std::make_shared<UpsampleLayer>(); };
  const auto deconv = [](const ConvOptions& options) {
    return std::make_shared<ConvTransposeLayer>(options);
  };
  std::vector<ImageCase> cases;
  cases.push_back({"Conv", stack_of(conv({.inputs = 18, .outputs = 35})), {18, 9, 17}});
  cases.push_back({"ConvOfOneChannel", stack_of(conv({.inputs = 1, .outputs = 20})), {1, 7, 31}});
  cases.push_back(
      {"ConvOfColours", stack_of(conv({.inputs = 3, .outputs = 16, .bias = false})), {3, 6, 5}});
  cases.push_back({"ConvWithoutPadding",
                   stack_of(conv({.inputs = 5, .outputs = 24, .padding = Padding::Valid})),
                   {5, 8, 9}});
  cases.push_back(
      {"ConvOfOnePixel",
       stack_of(conv({.inputs = 17, .outputs = 17, .kernel = 1, .activation = Activation::Linear})),
       {17, 3, 4}});
  cases.push_back({"ConvOfEvenKernels",
                   stack_of(conv({.inputs = 2, .outputs = 2, .kernel = 2}),
                            conv({.inputs = 2, .outputs = 20, .kernel = 2, .stride = 2}),
                            conv({.inputs = 20, .outputs = 18, .kernel = 3, .stride = 2}),
                            conv({.inputs = 18, .outputs = 40, .kernel = 1, .stride = 3})),
                   {2, 15, 13}});
  cases.push_back({"ConvToFewChannels",
                   stack_of(conv({.inputs = 33, .outputs = 1, .activation = Activation::Linear})),
                   {33, 5, 8}});
  cases.push_back({"ConvToColours",
                   stack_of(conv({.inputs = 20,
                                  .outputs = 3,
                                  .kernel = 2,
                                  .padding = Padding::Valid,
                                  .activation = Activation::Sigmoid})),
                   {20, 7, 6}});
  cases.push_back(
      {"Deconvs",
       stack_of(deconv({.inputs = 17, .outputs = 18}),
                deconv({.inputs = 18, .outputs = 16, .stride = 2, .padding = Padding::Valid}),
                deconv({.inputs = 16,
                        .outputs = 1,
                        .kernel = 2,
                        .stride = 2,
                        .activation = Activation::Linear})),
       {17, 4, 3}});
  cases.push_back(
      {"DeconvsOfWideStrides",
       stack_of(
           deconv(
               {.inputs = 4, .outputs = 17, .kernel = 2, .stride = 3, .padding = Padding::Valid}),
           deconv({.inputs = 17, .outputs = 5, .kernel = 5, .stride = 3})),
       {4, 3, 2}});
  // By minimal filtering: several bands of tiles, padded channels, with and without margins.
  cases.push_back(
      {"ManyChannels",
       stack_of(conv({.inputs = 3, .outputs = 33}), norm(33), conv({.inputs = 33, .outputs = 64}),
                conv({.inputs = 64, .outputs = 40, .padding = Padding::Valid}),
                deconv({.inputs = 40, .outputs = 34, .activation = Activation::Tanh}),
                deconv({.inputs = 34, .outputs = 32, .padding = Padding::Valid})),
       {3, 26, 10}});
  cases.push_back({"NormAndPool",
                   stack_of(conv({.inputs = 1, .outputs = 20, .bias = false}), norm(20), pool(),
                            conv({.inputs = 20, .outputs = 17}), norm(17), pool()),
                   {1, 13, 9}});
  cases.push_back(
      {"PoolWithoutNorm",
       stack_of(conv({.inputs = 2, .outputs = 3, .activation = Activation::Tanh}), pool()),
       {2, 5, 6}});
  cases.push_back(
      {"NormAndUpsample",
       stack_of(conv({.inputs = 16, .outputs = 20}), norm(20), upsample(),
                conv({.inputs = 20, .outputs = 24}), norm(24), upsample(),
                conv({.inputs = 24, .outputs = 9, .padding = Padding::Valid}), norm(9), upsample(),
                conv({.inputs = 9, .outputs = 1, .activation = Activation::Linear})),
       {16, 3, 4}});
  cases.push_back({"Crop",
                   stack_of(conv({.inputs = 1, .outputs = 20}), norm(20), upsample(),
                            std::make_shared<CropLayer>(9, 7),
                            conv({.inputs = 20, .outputs = 1, .activation = Activation::Linear}),
                            std::make_shared<CropLayer>(8, 5)),
                   {1, 6, 4}});
  cases.push_back({"UpsampleAtTheEnds",
                   stack_of(upsample(), conv({.inputs = 3, .outputs = 20}), norm(20), upsample()),
                   {3, 2, 3}});
  cases.push_back({"FlattenAndReshape",
                   stack_of(std::make_shared<ReshapeLayer>(Shape{6, 5, 4}),
                            conv({.inputs = 6, .outputs = 7}), std::make_shared<FlattenLayer>()),
                   {120}});
  for (const Activation activation : {Activation::LeakyRelu, Activation::Elu, Activation::Gelu,
                                      Activation::Silu, Activation::Softplus}) {
    cases.push_back(
        {"Activation" + std::string(enum_name(activation)),
         stack_of(conv({.inputs = 3, .outputs = 20, .activation = activation}), norm(20), pool(),
                  conv({.inputs = 20, .outputs = 1, .activation = activation})),
         {3, 6, 7}});
  }
  return cases;
}

/// The layers of a stack computed by hand, with a batch's loss Σ output · weight.
class ByHand {
 public:
  ByHand(const ImageCase& item, int64_t items, int shards, bool input_gradient)
      : team_(shards), input_(item.input, items) {
    step_.items = step_.most_items = items;
    step_.shards = step_.most_shards = shards;
    if (!input_gradient) input_.gradient = {};
    plans_ = item.stack->plans("");
    std::span<const models::NamedLayerPlan> left = plans_;
    layers_ = make_image_layers(left, input_, {}, step_, parameters_);
    EXPECT_TRUE(left.empty()) << left.front().name;
    parameters_.allocate(shards);
    layers_->add_refresh(refresh_);
    layers_->add_forward(forward_);
    layers_->add_backward(backward_);
    refresh_.run(team_, shards, shards);
  }

  at::Tensor forward(const at::Tensor& x, bool training) {
    step_.items = x.size(0);
    step_.training = training;
    rows(input_, input_.values).copy_(x.flatten(1));
    forward_.run(team_, step_.items, step_.shards);
    const Flow& output = layers_->output();
    return rows(output, output.values).clone().view(with_batch(step_.items, output.shape));
  }

  void backward(const at::Tensor& gradient) {
    const Flow& output = layers_->output();
    rows(output, output.gradient).copy_(gradient.flatten(1));
    backward_.run(team_, step_.items, step_.shards);
  }

  at::Tensor input_gradient(const at::Tensor& like) const {
    return rows(input_, input_.gradient).clone().view_as(like);
  }

  TensorMap gradients() {
    TensorMap sums = parameters_.named(parameters_.gradient(0));
    for (int shard = 1; shard < step_.shards; ++shard) {
      for (auto& [name, tensor] : parameters_.named(parameters_.gradient(shard)))
        sums[name] += tensor;
    }
    return sums;
  }

 private:
  Team team_;
  Step step_;
  Parameters parameters_;
  Flow input_;
  std::vector<models::NamedLayerPlan> plans_;
  std::unique_ptr<Layer> layers_;
  Program refresh_, forward_, backward_;

  at::Tensor rows(const Flow& flow, const Floats& memory) const {
    return at::from_blob(memory.data(), {step_.items, flow.stride}).narrow(1, 0, flow.width);
  }
};

double apart(const at::Tensor& found, const at::Tensor& expected) {
  const double size = expected.norm().item<double>();
  return (found - expected).norm().item<double>() / (size > 0 ? size : 1);
}

/// Weights and running averages that no initial value makes simple.
void randomise(Stack& stack) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : stack.parameters()) {
    if (parameter.dim() == 1) parameter.uniform_(-1, 1.5);
  }
  for (auto& buffer : stack.named_buffers()) {
    if (buffer.key().ends_with("running_mean")) buffer.value().uniform_(-0.2, 0.5);
    if (buffer.key().ends_with("running_var")) buffer.value().uniform_(0.5, 2);
  }
}

void expect_as_autograd(const ImageCase& item, int shards, bool input_gradient) {
  SCOPED_TRACE(item.name + ", shards: " + std::to_string(shards));
  constexpr int64_t kItems = 5;
  item.stack->train(true);
  randomise(*item.stack);
  TensorMap before;
  for (const auto& buffer : item.stack->named_buffers())
    before[buffer.key()] = buffer.value().clone();
  const at::Tensor x = at::randn(with_batch(kItems, item.input)).requires_grad_();
  for (auto& parameter : item.stack->parameters()) parameter.mutable_grad() = at::Tensor();
  const at::Tensor expected = item.stack->forward(x);
  const at::Tensor gradient = at::randn_like(expected);
  expected.backward(gradient);
  TensorMap averages;
  for (auto& buffer : item.stack->named_buffers()) {
    averages[buffer.key()] = buffer.value().clone();
    buffer.value().copy_(before.at(buffer.key()));
  }

  ByHand by_hand(item, kItems, shards, input_gradient);
  EXPECT_LT(apart(by_hand.forward(x.detach(), true), expected.detach()), 1e-5);
  by_hand.backward(gradient);
  if (input_gradient) {
    EXPECT_LT(apart(by_hand.input_gradient(x), x.grad()), 1e-5);
  }
  const TensorMap gradients = by_hand.gradients();
  for (const auto& parameter : item.stack->named_parameters()) {
    // What a normalisation follows is a small difference of large sums.
    const double most = parameter.key().ends_with("bias") ? 5e-5 : 1e-5;
    EXPECT_LT(apart(gradients.at(parameter.key()), parameter.value().grad()), most)
        << parameter.key();
  }
  for (const auto& buffer : item.stack->named_buffers()) {
    EXPECT_LT(apart(buffer.value().to(at::kDouble), averages.at(buffer.key()).to(at::kDouble)),
              1e-6)
        << buffer.key();
  }

  item.stack->eval();
  const at::NoGradGuard no_grad;
  const at::Tensor few = x.detach().narrow(0, 0, 3);
  EXPECT_LT(apart(by_hand.forward(few, false), item.stack->forward(few)), 1e-5);
}

class FusedConvolution : public ::testing::TestWithParam<std::string> {
 protected:
  FusedConvolution() { torch::manual_seed(7); }

 private:
  kernels::WithInstructionSet instruction_set_{GetParam()};
};

TEST_P(FusedConvolution, EqualsAutograd) {
  for (const ImageCase& item : cases()) expect_as_autograd(item, 1, true);
}

TEST_P(FusedConvolution, EqualsAutogradInTwoShards) {
  for (const ImageCase& item : cases()) expect_as_autograd(item, 2, true);
}

TEST_P(FusedConvolution, NeedsNoGradientOfItsInput) {
  for (const ImageCase& item : cases()) expect_as_autograd(item, 2, false);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, FusedConvolution,
                         ::testing::ValuesIn(kernels::instruction_sets()));

TEST(FusedConvolutionLayers, LeaveWhatTheyDoNotKnow) {
  Parameters parameters;
  const Step step{.items = 2, .most_items = 2};
  Flow input({4, 4, 4}, 2);
  const std::vector<models::NamedLayerPlan> plans = {{"norm1", {.kind = "norm"}}};
  std::span<const models::NamedLayerPlan> left = plans;
  EXPECT_EQ(make_image_layers(left, input, {}, step, parameters), nullptr);
  EXPECT_EQ(left.size(), 1U);
}

}  // namespace
}  // namespace hourglass::training::fused
