#include "hourglass/training/metrics.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/models/dense.h"
#include "hourglass/training/engine.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

void add(LossLedger& ledger, double reconstruction, double penalty, int64_t items) {
  const Losses losses = {
      .terms = {{"reconstruction", at::scalar_tensor(reconstruction, at::kDouble)},
                {"penalty", at::scalar_tensor(penalty, at::kDouble), 0.5}},
      .metrics = {{"active", at::scalar_tensor(3.0, at::kDouble)}}};
  ledger.add(losses, losses.total(), items);
}

TEST(LossLedger, WeighsStepsByTheirItemsAndPutsTheLossFirst) {
  LossLedger ledger;
  add(ledger, 1, 2, 30);
  add(ledger, 4, 8, 10);
  const auto sums = ledger.take();
  ASSERT_EQ(sums.means.size(), 4U);
  EXPECT_EQ(sums.means[0].name, "loss");
  EXPECT_DOUBLE_EQ(value_of(sums.means, "reconstruction"), (30 * 1 + 10 * 4) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(sums.means, "penalty"), (30 * 2 + 10 * 8) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(sums.means, "loss"), (30 * 2 + 10 * 8) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(sums.means, "active"), 3);
  EXPECT_FALSE(sums.first_nonfinite_step);
  EXPECT_THROW(value_of(sums.means, "absent"), Error);
}

TEST(LossLedger, ForgetsTheStepsItHasGiven) {
  LossLedger ledger;
  add(ledger, 1, 1, 1);
  ledger.take();
  EXPECT_TRUE(ledger.take().means.empty());
  EXPECT_TRUE(std::isnan(ledger.recent_loss()));
}

TEST(LossLedger, NamesTheFirstStepThatIsNotFinite) {
  LossLedger ledger;
  add(ledger, 1, 1, 1);
  add(ledger, std::numeric_limits<double>::infinity(), 1, 1);
  add(ledger, std::nan(""), 1, 1);
  EXPECT_EQ(ledger.take().first_nonfinite_step, 1);
}

TEST(EvaluateLosses, CountsTheShortLastBatchByItsSize) {
  // 5 rows in batches of 2: the mean over all rows, not over three batches.
  const at::Tensor values = at::rand({5, 4});
  const TensorDataset data(values, {}, {});
  DenseImpl model({.widths = {3}, .likelihood = {Loss::Mse, Activation::Linear}}, {{4}, {4}});
  const auto sums = evaluate_losses(model, data, 2, 1, 0, Precision::Float32);
  const double expected = at::mse_loss(model.forward(values), values).item<double>();
  EXPECT_NEAR(value_of(sums.means, "loss"), expected, 1e-6);
  EXPECT_TRUE(model.is_training()) << "the mode must be restored";
}

}  // namespace
}  // namespace hourglass::training
