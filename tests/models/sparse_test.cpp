#include "hourglass/models/sparse.h"

#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

/// A model whose code is `activation` of the input itself, so that tests choose the code.
SparseAutoencoder with_code_of_input(SparseOptions options, int64_t units, Activation activation) {
  options.network.widths = {units};
  options.network.code_activation = activation;
  SparseAutoencoder model(options, {{units}, {units}});
  set_parameter(model, "encoder.dense1.weight", at::eye(units));
  return model;
}

double value_of_term(const Losses& losses, const std::string& name) {
  for (const auto& term : losses.terms) {
    if (term.name == name) return term.value.item<double>();
  }
  ADD_FAILURE() << "no term '" << name << "'";
  return 0;
}

Losses losses_on(SparseAutoencoder& model, const at::Tensor& x) {
  StepContext step = step_with_seed(1);
  return model.loss(batch_of(x), step);
}

at::Tensor logit(std::vector<float> probabilities) {
  const at::Tensor p = at::tensor(probabilities);
  return (p / (1 - p)).log();
}

TEST(Sparse, L1IsTheSumOverUnitsAndBatch) {
  auto model = with_code_of_input({.sparsity_weight = 0.5}, 2, Activation::Linear);
  const at::Tensor x = at::tensor({1.0F, -2.0F, 0.5F, 0.0F, 0.25F, 3.0F}).view({3, 2});
  const Losses losses = losses_on(model, x);
  EXPECT_DOUBLE_EQ(value_of_term(losses, "sparsity"), 6.75);
  EXPECT_NEAR(losses.total().item<double>(), value_of_term(losses, "reconstruction") + 0.5 * 6.75,
              1e-5);
  EXPECT_DOUBLE_EQ(value_of_term(losses_on(model, x.repeat({2, 1})), "sparsity"), 2 * 6.75);
}

TEST(Sparse, KlMatchesItsDefinition) {
  auto model = with_code_of_input({.sparsity = Sparsity::Kl}, 2, Activation::Sigmoid);  // ρ = 0.05
  const at::Tensor x = logit({0.2F, 0.05F}).expand({3, 2});
  // 0.05 ln(0.05 / 0.2) + 0.95 ln(0.95 / 0.8) by hand; the second unit is where it should be.
  EXPECT_NEAR(value_of_term(losses_on(model, x), "sparsity"), 0.0939430, 1e-6);
}

TEST(Sparse, KlLooksAtTheMeanOfTheBatchNotAtSingleRows) {
  auto model = with_code_of_input({.sparsity = Sparsity::Kl}, 1, Activation::Sigmoid);
  const at::Tensor x = logit({0.1F, 0.3F}).view({2, 1});
  EXPECT_NEAR(value_of_term(losses_on(model, x), "sparsity"), 0.0939430, 1e-6);
}

TEST(Sparse, KlIsFiniteWhereAUnitIsAlwaysSilentOrFull) {
  auto model = with_code_of_input({.sparsity = Sparsity::Kl}, 2, Activation::Sigmoid);
  const at::Tensor x = at::tensor({-500.0F, 500.0F}).view({1, 2});
  EXPECT_TRUE(std::isfinite(value_of_term(losses_on(model, x), "sparsity")));
}

TEST(Sparse, MeanActivationIsAMetricOfAllUnitsAndRows) {
  auto model = with_code_of_input({}, 2, Activation::Relu);
  const Losses losses =
      losses_on(model, at::tensor({1.0F, -2.0F, 0.5F, 0.0F, 0.25F, 3.0F}).view({3, 2}));
  ASSERT_EQ(losses.metrics.size(), 1U);
  EXPECT_EQ(losses.metrics[0].name, "mean_activation");
  EXPECT_NEAR(losses.metrics[0].value.item<double>(), 4.75 / 6, 1e-6);
}

TEST(Sparse, KlNeedsSigmoidUnits) {
  expect_contains(error_of([] {
                    SparseAutoencoder({.network = {.code_activation = Activation::Relu},
                                       .sparsity = Sparsity::Kl},
                                      {{4}, {4}});
                  }),
                  {"`sparsity` kl", "`code_activation` sigmoid", "'relu'"});
}

}  // namespace
}  // namespace hourglass::models
