#include "hourglass/models/regularized.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

namespace hourglass::models {
namespace {

/// Two numbers are their own code, and the decoder doubles the first of them.
Regularized doubling(const RegularizedOptions& options = {},
                     Activation output = Activation::Linear) {
  Regularized model(options, {.shapes = {{2}, {2}},
                              .network = DenseNetwork{.widths = {2}},
                              .likelihood = {Loss::Mse, output}});
  set_parameter(model, "encoder.code.weight", at::eye(2));
  set_parameter(model, "decoder.dense1.weight", at::tensor({2.0F, 0.0F, 0.0F, 1.0F}).view({2, 2}));
  set_parameter(model, "decoder.dense1.bias", at::tensor({3.0F, 0.0F}));
  return model;
}

const at::Tensor kPair = at::tensor({1.0F, 2.0F, -3.0F, 0.0F}).view({2, 2});

TEST(Regularized, LossesMatchTheirDefinitions) {
  auto model = doubling({.code_weight = 0.1, .decoder_weight = 0.01});
  const StepContext step = step_with_seed(1);
  const auto values = model.losses(batch_of(kPair), step);
  // Errors (1 + 3, 0) and (−3 + 3, 0); ½ (1 + 4) and ½ 9; 2² + 1², the bias left out.
  EXPECT_NEAR(value_of(model, values, "reconstruction"), 16.0 / 2, 1e-5);
  EXPECT_NEAR(value_of(model, values, "code_norm"), (2.5 + 4.5) / 2, 1e-6);
  EXPECT_NEAR(value_of(model, values, "decoder_norm"), 5, 1e-6);
  EXPECT_NEAR(total_of(model, values, step), 8 + 0.1 * 3.5 + 0.01 * 5, 1e-5);
}

TEST(Regularized, TheWeightsAreThoseOfTheDecoderAlone) {
  auto model = doubling();
  model.losses(batch_of(kPair), step_with_seed(1)).terms.at(2).backward();
  EXPECT_TRUE(at::equal(model.named_parameters()["decoder.dense1.weight"].grad(),
                        at::tensor({4.0F, 0.0F, 0.0F, 2.0F}).view({2, 2})));
  for (const char* name : {"encoder.code.weight", "decoder.dense1.bias"}) {
    EXPECT_FALSE(model.named_parameters()[name].grad().defined()) << name;
  }
}

TEST(Regularized, ADecoderWithTheEncodersWeightsIsHeldByThose) {
  Regularized model({}, {.shapes = {{3}, {3}},
                         .network = DenseNetwork{.widths = {2}, .tied_weights = true},
                         .likelihood = {Loss::Mse, Activation::Linear}});
  const auto values = model.losses(batch_of(at::rand({4, 3})), step_with_seed(1));
  const at::Tensor weight = model.named_parameters()["encoder.code.weight"];
  EXPECT_NEAR(value_of(model, values, "decoder_norm"), weight.square().sum().item<double>(), 1e-5);
}

/// Of a network with batch norm, whose scales are no weights of the decoder in this sense.
TEST(Regularized, KernelsCountAndScalesDoNot) {
  Regularized model({}, {.shapes = {{1, 8, 8}, {1, 8, 8}},
                         .network = StridedNetwork{.filters = 2, .widths = {4, 2}}});
  const auto values = model.losses(batch_of(at::rand({4, 1, 8, 8})), step_with_seed(1));
  double expected = 0;
  for (const auto& parameter : model.named_parameters()) {
    const bool counts =
        parameter.key().starts_with("decoder.") && parameter.key().ends_with(".weight");
    if (counts && parameter.value().dim() > 1) {
      expected += parameter.value().square().sum().item<double>();
    }
  }
  EXPECT_GT(expected, 0);
  EXPECT_NEAR(value_of(model, values, "decoder_norm"), expected, 1e-4 * expected);
}

constexpr RegularizedOptions kGradientPenalty = {.decoder_regularization =
                                                     DecoderRegularization::GradientPenalty};

TEST(Regularized, TheGradientPenaltyIsThatOfOneRandomDirection) {
  auto model = doubling(kGradientPenalty);
  const StepContext step = step_with_seed(1);
  const Batch batch = batch_of(kPair);
  const at::Tensor v = step.random.normal("direction", batch.rows, {2});
  // ∂x̂/∂z is diag(2, 1), whatever z: vᵀJ = (2 v₀, v₁).
  const at::Tensor expected = (v * at::tensor({2.0F, 1.0F})).square().sum(1).mean();
  EXPECT_NEAR(value_of(model, model.losses(batch, step), "decoder_norm"), expected.item<double>(),
              1e-5);
}

TEST(Regularized, TheGradientPenaltyIsTheJacobiansNormOnAverage) {
  auto model = doubling(kGradientPenalty, Activation::Sigmoid);
  constexpr int64_t kDraws = 4000;
  const at::Tensor z = at::tensor({0.5F, -1.0F});
  const auto values = model.losses(batch_of(z.expand({kDraws, 2}).clone()), step_with_seed(1));
  // x̂ = σ(2 z₀ + 3), σ(z₁): slopes 2 σ'(4) and σ'(−1), by hand.
  const auto slope = [](double a) { return std::exp(-a) / std::pow(1 + std::exp(-a), 2); };
  const double expected = 4 * slope(4) * slope(4) + slope(-1) * slope(-1);
  EXPECT_NEAR(value_of(model, values, "decoder_norm"), expected, 0.1 * expected);
}

TEST(Regularized, TheGradientPenaltyReachesTheWeights) {
  auto model = doubling(kGradientPenalty);
  const Batch batch = batch_of(kPair);
  const StepContext step = step_with_seed(1);
  model.losses(batch, step).terms.at(2).backward();
  // ∂/∂W of the mean of ‖vᵀW‖² is 2 · the mean of v vᵀ W.
  const at::Tensor v = step.random.normal("direction", batch.rows, {2});
  const at::Tensor weight = model.named_parameters()["decoder.dense1.weight"];
  EXPECT_TRUE(at::allclose(weight.grad(), at::matmul(at::matmul(v.t(), v), weight), 1e-5, 1e-5));
}

TEST(Regularized, TheGradientPenaltyIsKnownInValidationWhichHasNoGradients) {
  auto model = doubling(kGradientPenalty);
  const auto expected = model.losses(batch_of(kPair), step_with_seed(1));
  const at::NoGradGuard no_grad;
  const auto values = model.losses(batch_of(kPair), step_with_seed(1));
  for (size_t i = 0; i < values.terms.size(); ++i) {
    EXPECT_FALSE(values.terms[i].requires_grad());
    EXPECT_EQ(values.terms[i].item<double>(), expected.terms[i].item<double>());
  }
}

TEST(Regularized, HasNoPrior) { EXPECT_EQ(doubling().code_kind(), "vector"); }

}  // namespace
}  // namespace hourglass::models
