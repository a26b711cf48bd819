#include "hourglass/models/sparse.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

/// A model whose code is `activation` of the input itself, so that tests choose the code.
Sparse with_code_of_input(const SparseOptions& options, int64_t units, Activation activation) {
  const DenseNetwork network = {.widths = {units}, .code_activation = activation};
  Sparse model(options, {.shapes = {{units}, {units}}, .network = network});
  set_parameter(model, "encoder.dense1.weight", at::eye(units));
  return model;
}

double value_on(Sparse& model, const at::Tensor& x, const std::string& name) {
  return value_of(model, model.losses(batch_of(x), step_with_seed(1)), name);
}

at::Tensor logit(const std::vector<float>& probabilities) {
  const at::Tensor p = at::tensor(probabilities);
  return (p / (1 - p)).log();
}

TEST(Sparse, L1IsTheSumOverUnitsAndBatch) {
  auto model = with_code_of_input({.sparsity_weight = 0.5}, 2, Activation::Linear);
  const at::Tensor x = at::tensor({1.0F, -2.0F, 0.5F, 0.0F, 0.25F, 3.0F}).view({3, 2});
  const StepContext step = step_with_seed(1);
  const StepValues values = model.losses(batch_of(x), step);
  EXPECT_DOUBLE_EQ(value_of(model, values, "sparsity"), 6.75);
  EXPECT_NEAR(total_of(model, values, step), value_of(model, values, "reconstruction") + 0.5 * 6.75,
              1e-5);
  EXPECT_DOUBLE_EQ(value_on(model, x.repeat({2, 1}), "sparsity"), 2 * 6.75);
  EXPECT_TRUE(model.phases().front().terms[1].sum_over_batch);
}

TEST(Sparse, KlMatchesItsDefinition) {
  auto model =
      with_code_of_input({.sparsity = {Sparsity::Kind::Kl}}, 2, Activation::Sigmoid);  // ρ = 0.05
  const at::Tensor x = logit({0.2F, 0.05F}).expand({3, 2});
  // 0.05 ln(0.05 / 0.2) + 0.95 ln(0.95 / 0.8) by hand; the second unit is where it should be.
  EXPECT_NEAR(value_on(model, x, "sparsity"), 0.0939430, 1e-6);
}

TEST(Sparse, KlLooksAtTheMeanOfTheBatchNotAtSingleRows) {
  auto model = with_code_of_input({.sparsity = {Sparsity::Kind::Kl}}, 1, Activation::Sigmoid);
  const at::Tensor x = logit({0.1F, 0.3F}).view({2, 1});
  EXPECT_NEAR(value_on(model, x, "sparsity"), 0.0939430, 1e-6);
}

TEST(Sparse, KlIsFiniteWhereAUnitIsAlwaysSilentOrFull) {
  auto model = with_code_of_input({.sparsity = {Sparsity::Kind::Kl}}, 2, Activation::Sigmoid);
  const at::Tensor x = at::tensor({-500.0F, 500.0F}).view({1, 2});
  EXPECT_TRUE(std::isfinite(value_on(model, x, "sparsity")));
}

TEST(Sparse, MeanActivationIsAMetricOfAllUnitsAndRows) {
  auto model = with_code_of_input({}, 2, Activation::Relu);
  const at::Tensor x = at::tensor({1.0F, -2.0F, 0.5F, 0.0F, 0.25F, 3.0F}).view({3, 2});
  EXPECT_NEAR(value_on(model, x, "mean_activation"), 4.75 / 6, 1e-6);
}

TEST(Sparse, KlNeedsACodeBetweenZeroAndOne) {
  const SparseOptions kl = {.sparsity = {Sparsity::Kind::Kl}};
  for (const NetworkOptions& network :
       {NetworkOptions(DenseNetwork{.code_activation = Activation::Relu}),
        NetworkOptions("convolutional"), NetworkOptions("lstm")}) {
    expect_contains(error_of([&] { check(kl, network, {}); }),
                    {"`sparsity` kl", "`code_activation` sigmoid"});
  }
  EXPECT_NO_THROW(check(kl, DenseNetwork{.code_activation = Activation::Sigmoid}, {}));
}

}  // namespace
}  // namespace hourglass::models
