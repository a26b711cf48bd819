#include "hourglass/models/contractive.h"

#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace hourglass::models {
namespace {

constexpr int64_t kInputs = 4;

/// In double precision, so that finite differences are exact enough to compare with.
Contractive contractive(const DenseNetwork& network, const ContractiveOptions& options = {}) {
  at::manual_seed(3);
  Contractive model(options, {.shapes = {{kInputs}, {kInputs}},
                              .network = network,
                              .likelihood = {Loss::Mse, Activation::Linear}});
  for (auto& parameter : model.parameters()) parameter.set_data(at::randn_like(parameter));
  model.to(at::kDouble);
  return model;
}

at::Tensor some_rows_of_input(int64_t rows = 5) {
  at::manual_seed(4);
  return at::randn({rows, kInputs}, at::kDouble);
}

at::Tensor penalty(Contractive& model, const at::Tensor& x, uint64_t seed = 1) {
  return model.squared_jacobian_norm(batch_of(x), step_with_seed(seed));
}

/// ‖∂h/∂x‖²_F of each row by automatic differentiation, one unit at a time.
at::Tensor penalty_by_autograd(Contractive& model, const at::Tensor& input) {
  const at::Tensor x = input.clone().requires_grad_();
  const at::Tensor h = model.encode(x);
  at::Tensor norm = at::zeros({x.size(0)}, at::kDouble);
  for (int64_t unit = 0; unit < h.size(1); ++unit) {
    norm =
        norm + torch::autograd::grad({h.select(1, unit).sum()}, {x}, {}, true)[0].square().sum(1);
  }
  return norm;
}

/// The same by central differences.
at::Tensor penalty_by_differences(Contractive& model, const at::Tensor& x) {
  constexpr double kStep = 1e-5;
  const at::NoGradGuard no_grad;
  at::Tensor norm = at::zeros({x.size(0)}, at::kDouble);
  for (int64_t i = 0; i < x.size(1); ++i) {
    at::Tensor shift = at::zeros({x.size(1)}, at::kDouble);
    shift[i] = kStep;
    norm += ((model.encode(x + shift) - model.encode(x - shift)) / (2 * kStep)).square().sum(1);
  }
  return norm;
}

TEST(Contractive, ClosedFormEqualsDifferentiationOnOneLayer) {
  const at::Tensor x = some_rows_of_input();
  for (const Activation activation :
       {Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Linear}) {
    auto model = contractive({.widths = {3}, .code_activation = activation});
    EXPECT_TRUE(at::allclose(penalty(model, x), penalty_by_autograd(model, x)))
        << enum_name(activation);
  }
}

TEST(Contractive, OtherActivationsAreDifferentiated) {
  // The slope of softplus is the sigmoid: Σⱼ σ(aⱼ)² Σᵢ Wⱼᵢ² by hand.
  auto model = contractive({.widths = {3}, .code_activation = Activation::Softplus});
  const at::Tensor x = some_rows_of_input();
  const auto p = model.named_parameters();
  const at::Tensor weight = p["encoder.dense1.weight"];
  const at::Tensor slope = at::sigmoid(at::linear(x, weight, p["encoder.dense1.bias"]));
  EXPECT_TRUE(at::allclose(penalty(model, x), at::matmul(slope.square(), weight.square().sum(1))));
}

TEST(Contractive, EqualsFiniteDifferencesOnTwoLayers) {
  auto model = contractive(
      {.widths = {5, 3}, .activation = Activation::Tanh, .code_activation = Activation::Sigmoid});
  const at::Tensor x = some_rows_of_input();
  EXPECT_TRUE(at::allclose(penalty(model, x), penalty_by_differences(model, x), 1e-7));
}

TEST(Contractive, WorksInValidationWhichHasNoGradients) {
  for (const auto& widths : {std::vector<int64_t>{3}, {5, 3}}) {
    auto model = contractive({.widths = widths, .code_activation = Activation::Tanh});
    const at::Tensor x = some_rows_of_input();
    const at::Tensor expected = penalty(model, x);
    const at::NoGradGuard no_grad;
    EXPECT_TRUE(at::allclose(penalty(model, x), expected));
    const StepValues values = model.losses(batch_of(x), step_with_seed(1));
    for (const auto& term : values.terms) EXPECT_FALSE(term.requires_grad());
  }
}

TEST(Contractive, PenaltyHasTheRightGradientInTheWeights) {
  for (const auto& widths : {std::vector<int64_t>{3}, {5, 3}}) {
    auto model = contractive(
        {.widths = widths, .activation = Activation::Tanh, .code_activation = Activation::Sigmoid});
    const at::Tensor x = some_rows_of_input();
    const at::Tensor weight = model.named_parameters()["encoder.dense1.weight"];
    const at::Tensor gradient = torch::autograd::grad({penalty(model, x).mean()}, {weight})[0];
    const auto penalty_with_weight_moved_by = [&](double step) {
      const at::NoGradGuard no_grad;
      weight[1][2] += step;
      const double value = penalty(model, x).mean().item<double>();
      weight[1][2] -= step;
      return value;
    };
    constexpr double kStep = 1e-5;
    const double difference =
        (penalty_with_weight_moved_by(kStep) - penalty_with_weight_moved_by(-kStep)) / (2 * kStep);
    EXPECT_NEAR(gradient[1][2].item<double>(), difference, 1e-7) << widths.size() << " layers";
  }
}

TEST(Contractive, EstimateIsRightOnAverage) {
  const DenseNetwork network = {.widths = {5, 3}, .code_activation = Activation::Sigmoid};
  auto exact = contractive(network);
  auto estimate = contractive(network, {.jacobian = JacobianNorm::Estimate});
  const at::Tensor x = some_rows_of_input(1);
  constexpr int64_t kDraws = 4000;
  const at::Tensor draws = penalty(estimate, x.expand({kDraws, -1})).detach();  // a v a row
  const double standard_error = draws.std().item<double>() / std::sqrt(kDraws);
  EXPECT_GT(standard_error, 0);
  EXPECT_NEAR(draws.mean().item<double>(), penalty(exact, x).item<double>(), 4 * standard_error);
}

TEST(Contractive, EstimateDependsOnTheSeedAlone) {
  auto model = contractive({.widths = {5, 3}}, {.jacobian = JacobianNorm::Estimate});
  const at::Tensor x = some_rows_of_input();
  EXPECT_TRUE(at::equal(penalty(model, x, 7), penalty(model, x, 7)));
  EXPECT_FALSE(at::equal(penalty(model, x, 7), penalty(model, x, 8)));
}

TEST(Contractive, LossIsTheMeanOverTheBatchAndItsMetricTheMeanNorm) {
  auto model = contractive({.widths = {3}}, {.contraction = 0.25});
  const at::Tensor x = some_rows_of_input();
  const StepContext step = step_with_seed(1);
  const StepValues values = model.losses(batch_of(x), step);
  const at::Tensor norm = penalty_by_autograd(model, x);
  const double reconstruction = (model.forward(x) - x).square().mean().item<double>();
  EXPECT_NEAR(value_of(model, values, "contraction"), norm.mean().item<double>(), 1e-9);
  EXPECT_NEAR(value_of(model, values, "jacobian_norm"), norm.sqrt().mean().item<double>(), 1e-9);
  EXPECT_NEAR(value_of(model, values, "reconstruction"), reconstruction, 1e-9);
  EXPECT_NEAR(total_of(model, values, step), reconstruction + 0.25 * norm.mean().item<double>(),
              1e-9);
}

/// Any network will do: a code that is a map is taken as a vector.
TEST(Contractive, WorksOnConvolutions) {
  at::manual_seed(3);
  Contractive model(
      {}, {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{.filters = {2}}});
  model.eval();
  const at::Tensor x = at::rand({2, 1, 8, 8});
  const at::Tensor norm = penalty(model, x);
  EXPECT_EQ(norm.sizes(), (std::vector<int64_t>{2}));
  EXPECT_GT(norm.min().item<double>(), 0);
  // Nor does what batch norms do in training change it, and it changes nothing of theirs.
  model.train();
  EXPECT_TRUE(at::equal(penalty(model, x), norm));
  EXPECT_TRUE(model.is_training());
  model.eval();
  EXPECT_TRUE(at::equal(penalty(model, x), norm));
}

}  // namespace
}  // namespace hourglass::models
