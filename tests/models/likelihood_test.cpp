#include "hourglass/models/likelihood.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::models {
namespace {

TEST(Likelihood, CrossEntropyMatchesItsDefinition) {
  const at::Tensor logits = at::tensor({0.3, -1.2}).view({1, 2});
  const at::Tensor target = at::tensor({0.25, 1.0}).view({1, 2});
  // -(t log p + (1 - t) log(1 - p)) with p = 1 / (1 + exp(-logit)), by hand: 0.779355 and 1.463282.
  const Likelihood bernoulli = {Loss::Bce, Activation::Sigmoid};
  EXPECT_NEAR(reconstruction_loss(bernoulli, logits, target).item<double>(), 1.1213187, 1e-6);
  EXPECT_NEAR(reconstruction_loss(bernoulli, logits, target, Reduction::SumOfValues).item<double>(),
              2.2426374, 1e-6);
}

TEST(Likelihood, CrossEntropyStaysFiniteWhereASigmoidSaturates) {
  const at::Tensor logits = at::tensor({200.0F, -200.0F});
  const Likelihood bernoulli = {Loss::Bce, Activation::Sigmoid};
  EXPECT_FLOAT_EQ(reconstruction_loss(bernoulli, logits, at::tensor({1.0F, 0.0F})).item<float>(),
                  0);
  EXPECT_FLOAT_EQ(reconstruction_loss(bernoulli, logits, at::tensor({0.0F, 1.0F})).item<float>(),
                  200);
}

TEST(Likelihood, ErrorsAreTakenAfterTheOutputActivation) {
  const at::Tensor logits = at::tensor({-3.0, 2.0}).view({1, 2});
  const at::Tensor target = at::tensor({1.0, 0.5}).view({1, 2});
  EXPECT_DOUBLE_EQ(
      reconstruction_loss({Loss::Mse, Activation::Relu}, logits, target).item<double>(),
      (1 + 1.5 * 1.5) / 2);
  EXPECT_DOUBLE_EQ(
      reconstruction_loss({Loss::Mae, Activation::Linear}, logits, target).item<double>(),
      (4 + 1.5) / 2);
}

TEST(Likelihood, SumsOverValuesAreMeansOverTheBatch) {
  const at::Tensor logits = at::rand({4, 3}), target = at::rand({4, 3});
  const Likelihood gaussian = {Loss::Mse, Activation::Linear};
  EXPECT_NEAR(reconstruction_loss(gaussian, logits, target, Reduction::SumOfValues).item<double>(),
              3 * reconstruction_loss(gaussian, logits, target).item<double>(), 1e-6);
}

TEST(Likelihood, TrimLeavesOutTheItemsOfGreatestLoss) {
  const at::Tensor logits = at::zeros({4, 2}).requires_grad_();
  const at::Tensor target =
      at::tensor({1.0F, 1.0F, 9.0F, 0.0F, 2.0F, 2.0F, 0.0F, 0.0F}).view({4, 2});
  const Likelihood trimmed = {.loss = Loss::Mse, .activation = Activation::Linear, .trim = 0.3};
  // Squared errors of the items: 2, 81, 8, 0; 0.3 · 4 is one of them.
  const at::Tensor loss = reconstruction_loss(trimmed, logits, target);
  EXPECT_FLOAT_EQ(loss.item<float>(), (2.0F + 8 + 0) / 3 / 2);
  EXPECT_FLOAT_EQ(
      reconstruction_loss(trimmed, logits, target, Reduction::SumOfValues).item<float>(),
      10.0F / 3);
  loss.backward();
  EXPECT_EQ(logits.grad()[1].count_nonzero().item<int64_t>(), 0);
  EXPECT_FLOAT_EQ(logits.grad()[2][0].item<float>(), -2 * 2.0F / 6);
}

TEST(Likelihood, ATargetThatIsNotKnownCountsForNothing) {
  const float unknown = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [loss, name] : names_of(Loss{})) {
    SCOPED_TRACE(name);
    const Likelihood likelihood = {loss, Activation::Sigmoid};
    const at::Tensor logits = at::tensor({0.3F, -1.2F, 2.F, 0.5F}).view({2, 2}).requires_grad_();
    const at::Tensor target = at::tensor({0.25F, unknown, 1.F, 0.F}).view({2, 2});
    const at::Tensor value = reconstruction_loss(likelihood, logits, target);
    value.backward();
    const at::Tensor others = logits.detach().flatten().index_select(0, at::tensor({0L, 2L, 3L}));
    const at::Tensor known = at::tensor({0.25F, 1.F, 0.F});
    const auto sum = 3 * reconstruction_loss(likelihood, others, known).item<float>();
    EXPECT_FLOAT_EQ(value.item<float>(), sum / 4);
    EXPECT_FLOAT_EQ(
        reconstruction_loss(likelihood, logits, target, Reduction::SumOfValues).item<float>(),
        sum / 2);
    EXPECT_EQ(logits.grad()[0][1].item<float>(), 0);
    EXPECT_NE(logits.grad()[0][0].item<float>(), 0);
  }
}

TEST(Likelihood, TrimIsRefusedWhereTheLossIsAnother) {
  const Likelihood trimmed = {.loss = Loss::Mse, .activation = Activation::Linear, .trim = 0.3};
  testing::expect_contains(testing::error_of([&] { refuse_trim(trimmed, "several processes"); }),
                           {"`trim`", "0 with several processes", "0.3"});
  refuse_trim({}, "several processes");
}

TEST(Likelihood, CrossEntropyNeedsASigmoid) {
  testing::expect_contains(testing::error_of([] {
                             check({Loss::Bce, Activation::Linear});
                           }),
                           {"`loss` bce", "sigmoid", "'linear'"});
  EXPECT_NO_THROW(check({Loss::Mse, Activation::Sigmoid}));
}

}  // namespace
}  // namespace hourglass::models
