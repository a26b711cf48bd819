#include "hourglass/training/optimizer.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::training {
namespace {

using testing::error_of;
using testing::expect_contains;

/// Three steps from w = 1 along the gradients 0.5, -0.25 and 1 must pass through these weights,
/// which were computed by hand from the formulas in the papers.
void expect_path(const OptimizerOptions& options, double learning_rate,
                 const std::vector<double>& expected) {
  at::Tensor weights = at::ones({1});
  const auto optimizer = make_optimizer(options, weights);
  const std::vector<double> gradients = {0.5, -0.25, 1.0};
  for (size_t i = 0; i < gradients.size(); ++i) {
    optimizer->step(weights, at::full({1}, gradients[i]), learning_rate);
    EXPECT_NEAR(weights.item<double>(), expected[i], 3e-7) << "step " << i + 1;
  }
  EXPECT_EQ(optimizer->steps, 3);
}

TEST(Optimizer, AdamFollowsThePaper) {
  expect_path({.kind = OptimizerKind::Adam}, 1e-2, {0.990000002, 0.987336632, 0.980755517});
}

TEST(Optimizer, AdamWDecaysWeightsBeforeTheStep) {
  expect_path({.kind = OptimizerKind::AdamW, .weight_decay = 0.1}, 1e-2,
              {0.989000002, 0.985347632, 0.977781170});
}

TEST(Optimizer, RmsPropAddsEpsilonOutsideTheRoot) {
  expect_path({.kind = OptimizerKind::RmsProp}, 1e-2, {0.968377243, 0.983121430, 0.954935645});
}

TEST(Optimizer, RmsPropDividesByEpsilonAloneForATinyGradient) {
  // With v = 0.1 g² and g = 1e-8, √v + ε = 3.162e-9 + 1e-7. Inside the root, ε would give 3.162e-4:
  // no step at all.
  at::Tensor weights = at::zeros({1}, at::kDouble);
  make_optimizer({.kind = OptimizerKind::RmsProp}, weights)
      ->step(weights, at::full({1}, 1e-8, at::kDouble), 1);
  EXPECT_NEAR(weights.item<double>(), -0.0969347, 1e-6);
}

TEST(Optimizer, AdagradFollowsThePaper) {
  expect_path({.kind = OptimizerKind::Adagrad}, 1e-2, {0.990000000, 0.994472136, 0.985743420});
}

TEST(Optimizer, AdadeltaFollowsThePaper) {
  expect_path({.kind = OptimizerKind::Adadelta}, 1, {0.996837786, 0.998922873, 0.994616157});
}

TEST(Optimizer, SgdWithAndWithoutMomentum) {
  expect_path({.kind = OptimizerKind::Sgd}, 1e-2, {0.995, 0.9975, 0.9875});
  expect_path({.kind = OptimizerKind::Sgd, .momentum = 0.9}, 1e-2, {0.995, 0.993, 0.9812});
}

TEST(Optimizer, LeavesTheGradientAsItIs) {
  for (const auto& [kind, name] : names_of(OptimizerKind{})) {
    at::Tensor weights = at::ones({3});
    const at::Tensor gradient = at::arange(3).to(at::kFloat);
    make_optimizer({.kind = kind}, weights)->step(weights, gradient, 0.1);
    EXPECT_TRUE(at::equal(gradient, at::arange(3).to(at::kFloat))) << name;
  }
}

TEST(Optimizer, RefusesOptionsOfAnotherKind) {
  const at::Tensor weights = at::ones({1});
  expect_contains(error_of([&] { make_optimizer({.weight_decay = 0.1}, weights); }),
                  {"`weight_decay`", "adamw", "'adam'"});
  expect_contains(error_of([&] { make_optimizer({.momentum = 0.9}, weights); }),
                  {"`momentum`", "sgd", "'adam'"});
}

}  // namespace
}  // namespace hourglass::training
