#include "hourglass/kernels/instruction_set.h"
#include "hourglass/models/recurrent_layers.h"
#include "hourglass/training/fused/recurrent_layers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace hourglass::training::fused {
namespace {

using Output = models::LstmLayer::Output;
using Plans = std::vector<models::LayerPlan>;

constexpr int64_t kMostItems = 6, kItems = 5;  // the last batch of an epoch is smaller
constexpr double kTolerance = 1e-5;

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
  return ((value - expected).norm() / expected.norm()).item<double>();
}

/// Rows of a flow of `Order::Item` as a tensor that shares their memory: [items, width].
at::Tensor rows(const Flow& flow, const Floats& values) {
  return at::from_blob(values.data(), {kItems * flow.rows_per_item, flow.stride}, at::kFloat)
      .narrow(1, 0, flow.width);
}

/// A layer of the network that has no class of its own.
models::LayerPlan plan(const std::string& kind) { return {.kind = kind, .title = ""}; }

/// Fused layers one after the other, from an item to an item.
class Chain {
 public:
  Chain(const Shape& input, const Plans& plans, const Shape& target, int shards)
      : step_{.items = kItems, .training = true, .most_items = kMostItems, .shards = shards},
        input_(input, kMostItems),
        team_(shards) {
    Flow* flow = &input_;
    for (size_t i = 0; i < plans.size(); ++i) {
      layers_.push_back(make_recurrent_layer({"layer" + std::to_string(i), plans[i]}, *flow, step_,
                                             parameters_, target));
      flow = &layers_.back()->output();
    }
    parameters_.allocate(shards);
    for (const auto& layer : layers_) layer->add_forward(forward_);
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      (*layer)->add_backward(backward_);
    }
    for (const auto& layer : layers_) layer->add_refresh(refresh_);
    run(refresh_);
  }

  at::Tensor forward(const at::Tensor& x) {
    rows(input_, input_.values).copy_(x.reshape({kItems, -1}));
    run(forward_);
    return rows(output(), output().values);
  }

  /// The gradient of the input.
  at::Tensor backward(const at::Tensor& gradient) {
    rows(output(), output().gradient).copy_(gradient.reshape({kItems, -1}));
    // What an earlier step left must not matter.
    for (int shard = 0; shard < step_.shards; ++shard) {
      std::fill_n(parameters_.gradient(shard), parameters_.size(), 1e3F);
    }
    run(backward_);
    return rows(input_, input_.gradient);
  }

  /// By name, summed over the shards.
  TensorMap gradients() const {
    TensorMap sums = parameters_.named(parameters_.gradient(0));
    for (int shard = 1; shard < step_.shards; ++shard) {
      for (auto& [name, sum] : sums) sum += parameters_.named(parameters_.gradient(shard)).at(name);
    }
    return sums;
  }

 private:
  Step step_;
  Flow input_;
  Parameters parameters_;
  std::vector<std::unique_ptr<Layer>> layers_;
  Program forward_, backward_, refresh_;
  Team team_;

  Flow& output() { return layers_.back()->output(); }
  void run(const Program& program) { program.run(team_, kItems, step_.shards); }
};

/// With each instruction set of this machine, in so many shards.
class FusedRecurrent : public ::testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  FusedRecurrent() { at::manual_seed(1); }
  int shards() const { return std::get<1>(GetParam()); }

  using Layers = std::vector<std::shared_ptr<models::Layer>>;

  /// `layers` by hand between the plans `first` and `last`, against autograd: y = f(x), which is the
  /// model's; both have items of any shape.
  void expect_equal(const Layers& layers, const Shape& input, const Plans& first, const Plans& last,
                    const Shape& target,
                    const std::function<at::Tensor(const at::Tensor&)>& model) {
    Plans plans = first;
    for (const auto& layer : layers) plans.push_back(layer->plan());
    plans.insert(plans.end(), last.begin(), last.end());

    at::Tensor x = at::randn(with_batch(kItems, input)).requires_grad_();
    const at::Tensor y = model(x);
    const at::Tensor gradient = at::randn_like(y);
    y.backward(gradient);

    Chain chain(input, plans, target, shards());
    EXPECT_LE(relative_error(chain.forward(x.detach()), y.detach().reshape({kItems, -1})),
              kTolerance);
    EXPECT_LE(relative_error(chain.backward(gradient), x.grad().reshape({kItems, -1})), kTolerance);
    const TensorMap gradients = chain.gradients();
    for (size_t i = 0; i < layers.size(); ++i) {
      const std::string layer = "layer" + std::to_string(first.size() + i) + ".";
      for (const auto& parameter : layers[i]->named_parameters()) {
        EXPECT_LE(relative_error(gradients.at(layer + parameter.key()), parameter.value().grad()),
                  kTolerance)
            << layer << parameter.key();
      }
    }
  }

  /// Sequences through LSTM layers, the last of which may give the last state alone.
  void expect_equal(const Layers& layers, int64_t steps, int64_t features, const Shape& target) {
    const Plans last = target.size() == 2 ? Plans{plan("items")} : Plans{};
    expect_equal(layers, {steps, features}, {plan("sequence")}, last, target, [&](at::Tensor x) {
      for (const auto& layer : layers) x = layer->forward(x);
      return x;
    });
  }

 private:
  const kernels::WithInstructionSet instructions_{std::get<0>(GetParam())};
};

std::shared_ptr<models::Layer> lstm(int64_t features, int64_t units, Output output,
                                    bool bidirectional = false) {
  auto layer = std::make_shared<models::LstmLayer>(features, units, output, bidirectional);
  const at::NoGradGuard no_grad;
  for (auto& parameter : layer->parameters()) parameter.normal_(0, 0.3);
  return layer;
}

TEST_P(FusedRecurrent, SequencesEqualAutograd) {
  expect_equal({lstm(3, 7, Output::Sequence)}, 4, 3, {4, 7});
  expect_equal({lstm(16, 32, Output::Sequence)}, 5, 16, {5, 32});
  expect_equal({lstm(20, 37, Output::Sequence)}, 30, 20, {30, 37});
  // Sums that are longer than a block of the products.
  expect_equal({lstm(28, 72, Output::Sequence), lstm(72, 30, Output::Last)}, 60, 28, {30});
}

TEST_P(FusedRecurrent, LastStatesEqualAutograd) {
  expect_equal({lstm(3, 7, Output::Last)}, 4, 3, {7});
  expect_equal({lstm(16, 16, Output::Last)}, 5, 16, {16});
}

TEST_P(FusedRecurrent, ASequenceOfOneStepHasNoRecurrence) {
  const auto layer = lstm(3, 7, Output::Last);
  // Autograd gives the kernel that was not used a gradient of 0, which has no relative error.
  Chain chain({1, 3}, {plan("sequence"), layer->plan()}, {7}, shards());
  at::Tensor x = at::randn({kItems, 1, 3});
  const at::Tensor y = layer->forward(x);
  EXPECT_LE(relative_error(chain.forward(x), y), kTolerance);
  chain.backward(at::ones({kItems, 7}));
  EXPECT_EQ(chain.gradients().at("layer1.recurrent_kernel").abs().sum().item<float>(), 0);
}

TEST_P(FusedRecurrent, BothDirectionsEqualAutograd) {
  expect_equal({lstm(3, 7, Output::Sequence, true)}, 4, 3, {4, 14});
  expect_equal({lstm(3, 8, Output::Last, true)}, 4, 3, {16});
  expect_equal({lstm(5, 21, Output::Sequence, true), lstm(42, 9, Output::Last, true)}, 6, 5, {18});
}

TEST_P(FusedRecurrent, StacksEqualAutograd) {
  expect_equal({lstm(3, 20, Output::Sequence), lstm(20, 5, Output::Last)}, 9, 3, {5});
}

TEST_P(FusedRecurrent, ARepeatedVectorEqualsAutograd) {
  for (const bool bidirectional : {false, true}) {
    const int64_t width = bidirectional ? 22 : 11;
    const auto layer = lstm(6, 11, Output::Sequence, bidirectional);
    models::RepeatLayer repeat(4);
    expect_equal({layer}, {6}, {repeat.plan()}, {plan("items")}, {4, width},
                 [&](const at::Tensor& x) { return layer->forward(repeat.forward(x)); });
  }
}

TEST_P(FusedRecurrent, RowsOfChannelsAreSteps) {
  const auto layer = lstm(10, 10, Output::Sequence);
  const int64_t channels = 2, height = 3, width = 5;
  expect_equal({layer}, {channels, height, width}, {plan("sequence")}, {plan("items")},
               {channels, height, width}, [&](const at::Tensor& x) {
                 const at::Tensor rows = x.transpose(1, 2).reshape({-1, height, channels * width});
                 return layer->forward(rows)
                     .reshape({-1, height, channels, width})
                     .transpose(1, 2)
                     .contiguous();
               });
}

TEST(FusedRecurrentLayers, AnInputWithoutGradientGetsNone) {
  const auto layer = lstm(3, 7, Output::Last);
  const Step step = {.items = kItems, .training = true, .most_items = kMostItems};
  Flow input = Flow::without_gradient({4, 3}, kMostItems);
  Parameters parameters;
  const auto sequence =
      make_recurrent_layer({"sequence1", plan("sequence")}, input, step, parameters, {});
  const auto fused =
      make_recurrent_layer({"lstm1", layer->plan()}, sequence->output(), step, parameters, {});
  parameters.allocate(1);
  EXPECT_FALSE(sequence->output().gradient);

  const at::Tensor x = at::randn({kItems, 4, 3});
  layer->forward(x).sum().backward();
  rows(input, input.values).copy_(x.reshape({kItems, -1}));
  rows(fused->output(), fused->output().gradient).fill_(1);
  Program program;
  fused->add_refresh(program);
  for (const auto* each : {&sequence, &fused}) (*each)->add_forward(program);
  for (const auto* each : {&fused, &sequence}) (*each)->add_backward(program);
  Team team(1);
  program.run(team, kItems, 1);
  const TensorMap gradients = parameters.named(parameters.gradient(0));
  for (const auto& parameter : layer->named_parameters()) {
    EXPECT_LE(relative_error(gradients.at("lstm1." + parameter.key()), parameter.value().grad()),
              kTolerance);
  }
}

TEST(FusedRecurrentLayers, AnotherKindIsNone) {
  const Step step;
  Flow input;
  Parameters parameters;
  EXPECT_EQ(make_recurrent_layer({"dense1", plan("dense")}, input, step, parameters, {}), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Sets, FusedRecurrent,
                         ::testing::Combine(::testing::ValuesIn(kernels::instruction_sets()),
                                            ::testing::Values(1, 2)),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" +
                                  std::to_string(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace hourglass::training::fused
