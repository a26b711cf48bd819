#include "hourglass/models/inverse_autoregressive_flow.h"

#include "hourglass/models/autoregressive.h"
#include "hourglass/models/importance_weighted.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <string>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

const ModelSpec kTwoNumbers = {.shapes = {{2}, {2}},
                               .network = DenseNetwork{.widths = {2}},
                               .likelihood = {Loss::Mse, Activation::Linear}};

/// q(z₀|x) = N(x/2, ½), h = x and x̂ = z.
template <class Model>
void make_linear(Model& model) {
  const at::Tensor one = at::eye(2);
  set_parameter(model, "encoder.mean.weight", 0.5 * one);
  set_parameter(model, "encoder.log_variance.weight", at::zeros({2, 2}));
  set_parameter(model, "encoder.log_variance.bias", at::full({2}, std::log(0.5)));
  set_parameter(model, "decoder.dense1.weight", one);
  if (model.named_parameters().contains("encoder.context.weight")) {
    set_parameter(model, "encoder.context.weight", one);
  }
}

/// Gates that are open: z = z₀.
void open_gates(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters()) {
    if (parameter.key().find("step") == std::string::npos) continue;
    parameter.value().zero_();
    if (parameter.key().ends_with(".bias")) parameter.value().slice(0, 2).fill_(50);
  }
}

ImportanceWeighted flowing(int64_t samples, const std::string& estimator = "iwae",
                           const std::string& posterior = "iaf:2") {
  at::manual_seed(3);
  ImportanceWeightedOptions options;
  options.importance_samples = samples;
  options.estimator = *Estimator::parse(estimator);
  options.posterior = *CodePosterior::parse(posterior);
  ImportanceWeighted model(options, kTwoNumbers);
  make_linear(model);
  return model;
}

/// ∂z/∂z₀ of one sample, [D, D].
template <class Flow>
at::Tensor jacobian(Flow& flow, const at::Tensor& z0, const at::Tensor& context) {
  const at::Tensor from = z0.detach().requires_grad_();
  const at::Tensor to = flow.forward(from, context).z.flatten();
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < to.numel(); ++i) {
    rows.push_back(torch::autograd::grad({to[i]}, {from}, {}, /*retain_graph=*/true)[0].flatten());
  }
  return at::stack(rows);
}

const at::Tensor kFlowItems = at::tensor({-1.0F, 0.3F, 1.5F, 2.0F, 0.0F, -0.7F}).view({3, 2});

TEST(CodePosterior, ReadsItsForms) {
  for (const char* text : {"gaussian", "iaf:1", "iaf:8"}) {
    EXPECT_EQ(CodePosterior::parse(text).value().text(), text);
  }
  EXPECT_EQ(CodePosterior::parse("iaf")->text(), "iaf:2");
  for (const char* text :
       {"", "iaf:", "iaf:0", "iaf:101", "iaf:-1", "iaf:x", "iaf2", "normal", "gaussian:1"}) {
    EXPECT_FALSE(CodePosterior::parse(text)) << text;
  }
}

TEST(AutoregressiveMasks, LookAtWhatComesBefore) {
  // Units of numbers 1, 2, 1, 2.
  const AutoregressiveMasks masks = autoregressive_masks(3, 4);
  EXPECT_TRUE(at::equal(masks.hidden, at::tensor({1.0F, 0.0F, 0.0F, 1.0F, 1.0F, 0.0F, 1.0F, 0.0F,
                                                  0.0F, 1.0F, 1.0F, 0.0F})
                                          .view({4, 3})));
  EXPECT_TRUE(at::equal(masks.output, at::tensor({0.0F, 0.0F, 0.0F, 0.0F, 1.0F, 0.0F, 1.0F, 0.0F,
                                                  1.0F, 1.0F, 1.0F, 1.0F})
                                          .view({3, 4})));
  const auto seen = [](const AutoregressiveMasks& by) {
    return at::matmul(by.output, by.hidden).gt(0);
  };
  EXPECT_TRUE(at::equal(seen(masks), at::ones({3, 3}).tril(-1).gt(0)));
  EXPECT_TRUE(at::equal(seen(masks.reversed()), at::ones({3, 3}).triu(1).gt(0)));
}

TEST(AutoregressiveStep, HasATriangularJacobian) {
  for (const bool backwards : {false, true}) {
    at::manual_seed(1);
    AutoregressiveStep step(5, backwards);
    const at::Tensor z = at::randn({1, 5}), context = at::randn({1, 5});
    const at::Tensor found = jacobian(step, z, context);
    const at::Tensor none = backwards ? found.tril(-1) : found.triu(1);
    const at::Tensor some = backwards ? found.triu(1) : found.tril(-1);
    EXPECT_EQ(none.abs().max().item<double>(), 0);
    EXPECT_EQ(at::count_nonzero(some).item<int64_t>(), 10);
    EXPECT_NEAR(step.forward(z, context).log_determinant.item<double>(),
                found.diagonal().log().sum().item<double>(), 1e-5);
  }
}

TEST(InverseAutoregressiveFlow, SaysTheDeterminantOfItsJacobian) {
  for (const int64_t steps : {1, 2, 5}) {
    at::manual_seed(2);
    InverseAutoregressiveFlow flow(4, steps);
    // Codes that are maps.
    const at::Tensor z = at::randn({1, 1, 2, 2}), context = at::randn({1, 1, 2, 2});
    const FlowedCode found = flow.forward(z, context);
    EXPECT_EQ(found.z.sizes(), z.sizes());
    const auto [sign, logarithm] = at::linalg_slogdet(jacobian(flow, z, context));
    EXPECT_EQ(sign.item<double>(), 1);
    EXPECT_NEAR(found.log_determinant.item<double>(), logarithm.item<double>(), 1e-4) << steps;
  }
}

TEST(InverseAutoregressiveFlow, OfOneValueIsByHand) {
  // m = 3, s = log 3 and so g = ¾.
  InverseAutoregressiveFlow flow(1, 1);
  for (auto& parameter : flow.named_parameters()) {
    const at::NoGradGuard no_grad;
    parameter.value().zero_();
  }
  set_parameter(flow, "step1.bias", at::tensor({3.0F, std::log(3.0F)}));
  const FlowedCode found = flow.forward(at::full({1, 1}, 2.0F), at::zeros({1, 1}));
  EXPECT_NEAR(found.z.item<double>(), 0.75 * 2 + 0.25 * 3, 1e-6);
  EXPECT_NEAR(found.log_determinant.item<double>(), std::log(0.75), 1e-6);
}

TEST(InverseAutoregressiveFlow, OfOpenGatesIsTheGaussianPosterior) {
  auto with = flowing(5), without = flowing(5, "iwae", "gaussian");
  open_gates(with);
  const auto found = with.losses(batch_of(kFlowItems), step_with_seed(1));
  const auto expected = without.losses(batch_of(kFlowItems), step_with_seed(1));
  EXPECT_NEAR(value_of(with, found, "bound"), value_of(without, expected, "bound"), 1e-5);
  EXPECT_TRUE(at::allclose(with.encode(kFlowItems), without.encode(kFlowItems)));
}

TEST(InverseAutoregressiveFlow, TightensTowardsTheEvidence) {
  // ∫ exp(−(x − z)²) N(z; 0, 1) dz = √(1/3) exp(−x²/3) of each of two values.
  const at::Tensor x = at::tensor({1.5F, -0.4F}).view({1, 2});
  const double evidence = std::log(1.0 / 3) - x.square().sum().item<double>() / 3;
  auto model = flowing(3000);
  // Gates draw together: what they make of N(x/2, 1) is still wider than the posterior.
  set_parameter(model, "encoder.log_variance.bias", at::zeros({2}));
  const at::NoGradGuard no_grad;
  const auto values = model.losses(batch_of(x.expand({100, 2})), step_with_seed(1));
  EXPECT_NEAR(-value_of(model, values, "bound"), evidence, 0.02);
}

TEST(InverseAutoregressiveFlow, IsDrawnThroughByTheVariationalModelToo) {
  expect_variational_bound(flowing(1), Variational({.posterior = {.flow_steps = 2}}, kTwoNumbers),
                           kFlowItems);
}

TEST(InverseAutoregressiveFlow, LearnsFromGroupsWithPiwaeAsTheEncoderDoes) {
  const auto piwae = gradients_of(flowing(1, "piwae:2,3"), kFlowItems);
  const auto iwae = gradients_of(flowing(6, "iwae"), kFlowItems);
  const auto miwae = gradients_of(flowing(1, "miwae:2,3"), kFlowItems);
  for (const auto& [name, gradient] : piwae) {
    const auto& expected = name.starts_with("decoder.") ? iwae : miwae;
    EXPECT_TRUE(at::allclose(gradient, expected.at(name), 1e-4, 1e-5)) << name;
  }
}

TEST(InverseAutoregressiveFlow, StandsAboveASecondLayer) {
  Variational model({.prior = {.second_layer = {3, 2}}, .posterior = {.flow_steps = 1}},
                    kTwoNumbers);
  const auto values = model.losses(batch_of(kFlowItems), step_with_seed(1));
  EXPECT_TRUE(std::isfinite(value_of(model, values, "kl")));
}

TEST(InverseAutoregressiveFlow, HasNoPlanToComputeByHand) {
  EXPECT_FALSE(flowing(2).objective_plan());
  EXPECT_FALSE(Variational({.posterior = {.flow_steps = 1}}, kTwoNumbers).objective_plan());
}

TEST(InverseAutoregressiveFlow, RefusesWhatWouldNeedItsInverse) {
  expect_contains(error_of([&] { flowing(2, "dreg"); }), {"`estimator` dreg", "gaussian", "iaf:2"});
  const VariationalOptions options = {.prior = {.pseudo_inputs = 5},
                                      .posterior = {.flow_steps = 3}};
  expect_contains(error_of([&] { Variational(options, kTwoNumbers); }),
                  {"`prior` vamp", "gaussian", "iaf:3"});
}

}  // namespace
}  // namespace hourglass::models
