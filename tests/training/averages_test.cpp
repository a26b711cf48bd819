#include "hourglass/training/averages.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/training/engine.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hourglass::training {

namespace {

Averages two_numbers_and_the_loss() { return Averages({"loss", "reconstruction", "penalty"}); }

void add(Averages& averages, double reconstruction, double penalty, int64_t items) {
  const auto scalar = [](double value) { return at::scalar_tensor(value, at::kDouble); };
  averages.add({scalar(reconstruction + 0.5 * penalty), scalar(reconstruction), scalar(penalty)},
               items);
}

TEST(Averages, WeighsStepsByTheirItems) {
  Averages averages = two_numbers_and_the_loss();
  add(averages, 1, 2, 30);
  add(averages, 4, 8, 10);
  const EpochMeans means = averages.take();
  ASSERT_EQ(means.values.size(), 3U);
  EXPECT_EQ(means.values[0].name, "loss");
  EXPECT_DOUBLE_EQ(value_of(means.values, "reconstruction"), (30 * 1 + 10 * 4) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(means.values, "penalty"), (30 * 2 + 10 * 8) / 40.0);
  EXPECT_DOUBLE_EQ(value_of(means.values, "loss"), (30 * 2 + 10 * 8) / 40.0);
  EXPECT_FALSE(means.first_nonfinite_step);
  EXPECT_THROW(value_of(means.values, "absent"), Error);
}

TEST(Averages, ForgetsTheStepsItHasGiven) {
  Averages averages = two_numbers_and_the_loss();
  add(averages, 1, 1, 1);
  averages.take();
  EXPECT_TRUE(averages.take().values.empty());
  EXPECT_TRUE(std::isnan(averages.recent_loss()));
}

TEST(Averages, GoOnFromTheirSumsToTheBit) {
  Averages whole = two_numbers_and_the_loss(), first = two_numbers_and_the_loss(),
           rest = two_numbers_and_the_loss();
  for (int step = 0; step < 7; ++step) {
    add(whole, 1.0 / (step + 3), 0.1 * step, 5);
    add(step < 4 ? first : rest, 1.0 / (step + 3), 0.1 * step, 5);
    if (step == 3) rest.restore(first.sums());
  }
  const auto expected = whole.take().values, actual = rest.take().values;
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(actual[i].value, expected[i].value);
  EXPECT_THROW(rest.restore({.values = {1, 2}, .items = 1, .steps = 1}), Error);
}

TEST(Averages, NamesTheFirstStepThatIsNotFinite) {
  Averages averages = two_numbers_and_the_loss();
  add(averages, 1, 1, 1);
  add(averages, std::numeric_limits<double>::infinity(), 1, 1);
  add(averages, std::nan(""), 1, 1);
  EXPECT_EQ(averages.take().first_nonfinite_step, 1);
}

TEST(ReportedNames, ArePhaseByPhaseWithTheLossFirst) {
  const std::vector<models::Phase> phases = {
      {.name = "one", .terms = {{"reconstruction"}, {"kl"}}, .metrics = {"active"}},
      {.name = "two", .terms = {{"critic"}}}};
  EXPECT_EQ(reported_names(phases),
            (std::vector<std::string>{"loss", "reconstruction", "kl", "active", "critic"}));
  EXPECT_THROW(reported_names({{.terms = {{"same"}, {"same"}}}}), Error);
}

TEST(Engine, CountsTheShortLastBatchByItsSize) {
  // 5 rows in batches of 2: the mean over all rows, not over three batches.
  const at::Tensor values = at::rand({5, 4});
  const datasets::TensorDataset data(values, {}, {});
  models::Autoencoder model({.shapes = {{4}, {4}},
                             .network = models::DenseNetwork{.widths = {3}},
                             .likelihood = {models::Loss::Mse, models::Activation::Linear}});
  const OptimizerOptions optimizer;
  const auto engine = make_engine({}, {model, data, optimizer});
  const EpochMeans means = engine->evaluate(data, 2, 1, RowRandom(1));
  const double expected = at::mse_loss(model.forward(values), values).item<double>();
  EXPECT_NEAR(value_of(means.values, "loss"), expected, 1e-6);
  EXPECT_TRUE(model.is_training()) << "the mode must be restored";
}

}  // namespace
}  // namespace hourglass::training
