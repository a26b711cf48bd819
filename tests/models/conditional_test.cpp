#include "hourglass/models/conditional.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

/// One number, told one of two classes: q(z|x, c) = N(x, variance), and the decoder gives z.
Conditional transparent(double variance, const ConditionalOptions& options = {}) {
  Conditional model(options, {.shapes = {{1}, {1}},
                              .network = DenseNetwork{.widths = {1}},
                              .likelihood = {Loss::Mse, Activation::Linear},
                              .condition_width = 2});
  set_parameter(model, "encoder.mean.weight", at::tensor({1.0F, 0.0F, 0.0F}).view({1, 3}));
  set_parameter(model, "encoder.log_variance.weight", at::zeros({1, 3}));
  set_parameter(model, "encoder.log_variance.bias", at::full({1}, std::log(variance)));
  set_parameter(model, "decoder.dense1.weight", at::tensor({1.0F, 0.0F, 0.0F}).view({1, 3}));
  return model;
}

Batch batch_of_class(const at::Tensor& x, int64_t label) {
  Batch batch = batch_of(x);
  batch.condition = at::one_hot(at::full({x.size(0)}, label, at::kLong), 2).to(at::kFloat);
  return batch;
}

TEST(Conditional, StandardPriorIsTheVariationalOne) {
  auto model = transparent(1);
  const auto values = model.losses(batch_of_class(at::full({2, 1}, 3.0), 0), step_with_seed(1));
  EXPECT_NEAR(value_of(model, values, "kl"), 4.5, 1e-6);  // N(3, 1) from N(0, 1)
}

TEST(Conditional, LearnedPriorIsThatOfTheClass) {
  auto model = transparent(1, {.prior = ConditionalPrior::Learned});
  // The prior of class 0 is N(3, 1), that of class 1 N(0, 4).
  set_parameter(model, "prior.mean.weight", at::tensor({3.0F, 0.0F}).view({1, 2}));
  set_parameter(model, "prior.log_variance.weight",
                at::tensor({0.0F, std::log(4.0F)}).view({1, 2}));
  const auto kl = [&](int64_t label) {
    const Batch batch = batch_of_class(at::full({2, 1}, 3.0), label);
    return value_of(model, model.losses(batch, step_with_seed(1)), "kl");
  };
  EXPECT_NEAR(kl(0), 0, 1e-6);
  // ½ (σₚ²/σ_q² + (μₚ − μ_q)²/σ_q² − 1 − ln(σₚ²/σ_q²)) = ½ (¼ + 9/4 − 1 + ln 4) by hand.
  EXPECT_NEAR(kl(1), 1.4431472, 1e-6);
}

TEST(Conditional, NeedsACondition) {
  testing::expect_contains(testing::error_of([] { Conditional({}, {.shapes = {{4}, {4}}}); }),
                           {"condition", "`condition` label"});
}

}  // namespace
}  // namespace hourglass::models
