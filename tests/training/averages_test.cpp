#include "hourglass/training/metrics.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/training/engine.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

void add(LossAverager& averager, double reconstruction, double penalty, int64_t items) {
  const Losses losses = {
      .terms = {{"reconstruction", at::scalar_tensor(reconstruction, at::kDouble)},
                {"penalty", at::scalar_tensor(penalty, at::kDouble), 0.5}},
      .metrics = {{"active", at::scalar_tensor(3.0, at::kDouble)}}};
  averager.add(losses, losses.total(), items);
}

TEST(LossAverager, WeighsStepsByTheirItemsAndPutsTheLossFirst) {
  LossAverager averager;
  add(averager, 1, 2, 30);
  add(averager, 4, 8, 10);
  const auto means = averager.take();
  ASSERT_EQ(means.values.size(), 4U);
  EXPECT_EQ(means.values[0].name, "loss");
  EXPECT_DOUBLE_EQ(value_of(means.values, "reconstruction"), (30 * 1 + 10 * 4) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(means.values, "penalty"), (30 * 2 + 10 * 8) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(means.values, "loss"), (30 * 2 + 10 * 8) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(means.values, "active"), 3);
  EXPECT_FALSE(means.first_nonfinite_step);
  EXPECT_THROW(value_of(means.values, "absent"), Error);
}

TEST(LossAverager, ForgetsTheStepsItHasGiven) {
  LossAverager averager;
  add(averager, 1, 1, 1);
  averager.take();
  EXPECT_TRUE(averager.take().values.empty());
  EXPECT_TRUE(std::isnan(averager.recent_loss()));
}

TEST(LossAverager, NamesTheFirstStepThatIsNotFinite) {
  LossAverager averager;
  add(averager, 1, 1, 1);
  add(averager, std::numeric_limits<double>::infinity(), 1, 1);
  add(averager, std::nan(""), 1, 1);
  EXPECT_EQ(averager.take().first_nonfinite_step, 1);
}

TEST(EvaluateLosses, CountsTheShortLastBatchByItsSize) {
  // 5 rows in batches of 2: the mean over all rows, not over three batches.
  const at::Tensor values = at::rand({5, 4});
  const TensorDataset data(values, {}, {});
  Autoencoder model({.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {3}}, .likelihood = {Loss::Mse, Activation::Linear}});
  const auto means = evaluate_losses(model, data, 2, 1, 0, Precision::Float32);
  const double expected = at::mse_loss(model.forward(values), values).item<double>();
  EXPECT_NEAR(value_of(means.values, "loss"), expected, 1e-6);
  EXPECT_TRUE(model.is_training()) << "the mode must be restored";
}

}  // namespace
}  // namespace hourglass::training
