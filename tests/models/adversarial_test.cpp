#include "hourglass/models/adversarial.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>

#include <numbers>

namespace hourglass::models {
namespace {

Adversarial small(const AdversarialOptions& options = {.critic_widths = {5}}) {
  at::manual_seed(1);
  return {options, {.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {3, 2}}}};
}

at::Tensor value_in_phase(Adversarial& model, const Batch& batch, size_t phase) {
  StepContext step = step_with_seed(1);
  step.phase = phase;
  return model.losses(batch, step).terms.at(0);
}

TEST(Adversarial, HasThreePhasesWithModulesAndRatesOfTheirOwn) {
  const auto phases = small({.critic_widths = {5}, .critic_rate = 0.5, .encoder_rate = 2}).phases();
  ASSERT_EQ(phases.size(), 3U);
  EXPECT_EQ(phases[0].modules, (std::vector<std::string>{"encoder", "decoder"}));
  EXPECT_EQ(phases[1].modules, (std::vector<std::string>{"critic"}));
  EXPECT_EQ(phases[2].modules, (std::vector<std::string>{"encoder"}));
  EXPECT_EQ(phases[1].learning_rate, 0.5);
  EXPECT_EQ(phases[2].learning_rate, 2);
}

/// A critic that always says ½ costs ln 2 for each question.
TEST(Adversarial, AnUndecidedCriticCostsTheLogarithmOfTwo) {
  auto model = small();
  set_parameter(model, "critic.dense2.weight", at::zeros({1, 5}));
  const Batch batch = batch_of(at::rand({6, 4}));
  EXPECT_NEAR(value_in_phase(model, batch, 1).item<double>(), 2 * std::numbers::ln2, 1e-6);
  EXPECT_NEAR(value_in_phase(model, batch, 2).item<double>(), std::numbers::ln2, 1e-6);
}

/// The critic's phase must not reach the encoder: its codes are taken as they are.
TEST(Adversarial, TheCriticsPhaseHasNoGradientInTheEncoder) {
  auto model = small();
  value_in_phase(model, batch_of(at::rand({6, 4})), 1).backward();
  for (const auto& parameter : model.named_parameters()) {
    const bool of_critic = parameter.key().starts_with("critic.");
    const at::Tensor gradient = parameter.value().grad();
    EXPECT_EQ(gradient.defined() && gradient.abs().sum().item<double>() > 0, of_critic)
        << parameter.key();
  }
}

TEST(Adversarial, ReconstructionIsThePlainOne) {
  auto model = small();
  const at::Tensor x = at::rand({6, 4});
  const at::Tensor expected = at::binary_cross_entropy(model.forward(x), x);
  EXPECT_NEAR(value_in_phase(model, batch_of(x), 0).item<double>(), expected.item<double>(), 1e-6);
}

}  // namespace
}  // namespace hourglass::models
