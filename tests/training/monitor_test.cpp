#include "hourglass/training/monitor.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace hourglass::training {

using namespace datasets;
using namespace models;
using testing::error_of;
using testing::expect_contains;

namespace {

TEST(Monitor, MoreIsBetterOfAccuraciesAndOfACodebooksUse) {
  for (const std::string name : {"accuracy", "perplexity", "codebook_use"}) {
    EXPECT_TRUE(more_is_better("train_" + name)) << name;
    EXPECT_TRUE(more_is_better("validation_" + name)) << name;
  }
  for (const char* column : {"train_loss", "validation_loss", "validation_kl", "train_l0", ""}) {
    EXPECT_FALSE(more_is_better(column)) << column;
  }
  EXPECT_EQ(as_cost("validation_accuracy", 0.75), -0.75);
  EXPECT_EQ(as_cost("validation_loss", 0.75), 0.75);
}

TEST(Monitor, IsAColumnOfTheRowsThereAre) {
  const std::vector<std::string> reported = {"loss", "accuracy"};
  EXPECT_EQ(resolve_monitor("auto", reported, true), "validation_loss");
  EXPECT_EQ(resolve_monitor("auto", reported, false), "train_loss");
  EXPECT_EQ(resolve_monitor("train_accuracy", reported, true), "train_accuracy");
  expect_contains(error_of([&] { resolve_monitor("validation_loss", reported, false); }),
                  {"`monitor`", "train_loss, train_accuracy", "'validation_loss'"});
}

/// Reports accuracies that are known beforehand, an epoch each.
class KnownAccuracies : public Autoencoder {
 public:
  using Autoencoder::Autoencoder;

  std::vector<Phase> phases() const override {
    return {{.terms = {{"reconstruction"}}, .metrics = {"accuracy"}}};
  }

  StepValues losses(const Batch& batch, const StepContext& context) override {
    StepValues values = Autoencoder::losses(batch, context);
    values.metrics = {at::scalar_tensor(kAccuracies.at(static_cast<size_t>(context.epoch - 1)))};
    return values;
  }

  static inline const std::vector<double> kAccuracies = {0.25, 0.75, 0.5, 0.5, 0.5};
};

TrainingResult train_known(TrainingOptions options) {
  at::manual_seed(4);
  options.batch_size = 8;
  options.device = "cpu";
  const auto rows = std::make_shared<TensorDataset>(at::rand({16, 6}), at::Tensor(), Scaling{});
  const ModelSpec spec = {.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {5, 2}}};
  return Trainer(std::make_shared<KnownAccuracies>(spec), rows, nullptr, std::move(options)).run();
}

TEST(Monitor, TheBestEpochHasTheHighestAccuracy) {
  const auto result = train_known({.epochs = 5, .monitor = "train_accuracy"});
  EXPECT_EQ(result.state->best.epoch, 2);
  EXPECT_EQ(result.state->best.monitored, 0.75);
}

TEST(Monitor, PatienceAndPlateausWaitForHigherAccuracies) {
  const auto result = train_known({.epochs = 5,
                                   .optimizer = {.learning_rate = 1.0},
                                   .schedule = Schedule::parse("plateau:2,0.5").value(),
                                   .monitor = "train_accuracy",
                                   .early_stopping = 2});
  EXPECT_EQ(result.end, RunEnd::Stopped);
  EXPECT_EQ(result.state->cursor.epoch, 4);
  EXPECT_EQ(result.state->learning_rate.best, -0.75);
  EXPECT_EQ(result.state->learning_rate.factor, 0.5);
}

}  // namespace
}  // namespace hourglass::training
