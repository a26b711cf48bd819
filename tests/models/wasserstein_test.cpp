#include "hourglass/models/wasserstein.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>

#include <vector>

namespace hourglass::models {
namespace {

/// The kernel by its formula, for points of one dimension: C = 2.
double kernel(double a, double b) {
  double sum = 0;
  for (const double s : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0}) {
    sum += 2 * s / (2 * s + (a - b) * (a - b));
  }
  return sum;
}

TEST(SquaredMmd, MatchesItsDefinition) {
  const std::vector<double> z = {0.5, -1, 2}, p = {0, 0.25, -0.75};
  double expected = 0;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      if (i != j) expected += (kernel(z[i], z[j]) + kernel(p[i], p[j])) / 6;
      expected -= 2 * kernel(z[i], p[j]) / 9;
    }
  }
  const auto column = [](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).view({3, 1});
  };
  EXPECT_NEAR(squared_mmd(column(z), column(p)).item<double>(), expected, 1e-9);
}

TEST(SquaredMmd, IsSmallForOneDistributionAndLargeForTwo) {
  at::manual_seed(1);
  const at::Tensor a = at::randn({500, 2}), b = at::randn({500, 2});
  const double same = squared_mmd(a, b).item<double>();
  EXPECT_NEAR(same, 0, 0.05);
  EXPECT_GT(squared_mmd(a, b + 3).item<double>(), 1);
}

TEST(SquaredMmd, OfASinglePointIsZero) {
  EXPECT_EQ(squared_mmd(at::rand({1, 2}), at::rand({1, 2})).item<double>(), 0);
}

TEST(Wasserstein, PullsCodesTowardsThePrior) {
  at::manual_seed(1);
  Wasserstein model({.mmd_weight = 3},
                    {.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {2}}});
  const StepContext step = step_with_seed(1);
  const Batch batch = batch_of(at::rand({16, 4}));
  const StepValues values = model.losses(batch, step);
  const at::Tensor prior = step.random.normal("prior", batch.rows, {2});
  EXPECT_NEAR(value_of(model, values, "mmd"),
              squared_mmd(model.encode(batch.input), prior).item<double>(), 1e-6);
  EXPECT_NEAR(total_of(model, values, step),
              value_of(model, values, "reconstruction") + 3 * value_of(model, values, "mmd"), 1e-4);
  EXPECT_EQ(model.code_kind(), "gaussian");
}

}  // namespace
}  // namespace hourglass::models
