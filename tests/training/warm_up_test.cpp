// Terms whose weights grow: training losses of different weights do not compare.

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

/// The plain autoencoder, whose one term grows as it is told to.
class Growing : public Autoencoder {
 public:
  explicit Growing(Term term)
      : Autoencoder(ModelSpec{.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {5, 2}}}),
        term_(std::move(term)) {}

  std::vector<Phase> phases() const override { return {{.terms = {term_}}}; }

 private:
  Term term_;
};

const Term kGrowsOverEpochs = {.name = "reconstruction", .warmup_epochs = 3};
// Of 7 an epoch.
const Term kGrowsOverSteps = {.name = "reconstruction", .warmup_steps = 10};
constexpr int64_t kFirstOfFullWeight = 3;

/// Nothing is learned: but for rounding, losses differ by the weight alone.
TrainingOptions idle_options() {
  return {.epochs = 6, .batch_size = 8, .optimizer = {.learning_rate = 1e-12}, .device = "cpu"};
}

DatasetPtr rows_of_growing(int64_t count) {
  at::manual_seed(3);
  return std::make_shared<TensorDataset>(at::rand({count, 6}), at::Tensor(), Scaling{});
}

class ReportKeeper : public Hook {
 public:
  std::vector<EpochReport> reports;
  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& /*state*/) override {
    reports.push_back(report);
    return Verdict::Continue;
  }
};

struct GrowingRun {
  TrainingResult result;
  std::vector<EpochReport> reports;
};

GrowingRun train_growing(const Term& term, const TrainingOptions& options,
                         const DatasetPtr& validation = nullptr) {
  at::manual_seed(4);
  Trainer trainer(std::make_shared<Growing>(term), rows_of_growing(50), validation, options);
  const auto keeper = std::make_shared<ReportKeeper>();
  trainer.add_hook(keeper);
  GrowingRun run;
  run.result = trainer.run();
  run.reports = keeper->reports;
  return run;
}

TEST(WarmUp, TheBestTrainingLossIsOneOfFullWeight) {
  for (const Term& term : {kGrowsOverEpochs, kGrowsOverSteps}) {
    SCOPED_TRACE(term.warmup_steps);
    const GrowingRun run = train_growing(term, idle_options());
    ASSERT_LT(value_of(run.reports.at(0).training, "loss"),
              value_of(run.reports.at(5).training, "loss"));
    EXPECT_GE(run.result.state->best.epoch, kFirstOfFullWeight);
    double lowest = INFINITY;
    for (size_t i = kFirstOfFullWeight - 1; i < run.reports.size(); ++i) {
      lowest = std::min(lowest, value_of(run.reports[i].training, "loss"));
    }
    EXPECT_EQ(run.result.state->best.monitored, lowest);
  }
}

/// Validation has all of the weight from the first epoch on, and a term's own column none.
TEST(WarmUp, OtherColumnsCompareFromTheFirstEpochOn) {
  TrainingOptions options = idle_options();
  options.epochs = 12;
  Term term = kGrowsOverEpochs;
  term.warmup_epochs = 12;
  for (const std::string monitor : {"validation_loss", "train_reconstruction"}) {
    SCOPED_TRACE(monitor);
    options.monitor = monitor;
    const GrowingRun run = train_growing(term, options, rows_of_growing(20));
    double lowest = INFINITY;
    for (const auto& report : run.reports) {
      const bool of_validation = monitor == "validation_loss";
      const double value = of_validation ? value_of(report.validation, "loss")
                                         : value_of(report.training, "reconstruction");
      EXPECT_EQ(report.improved, value < lowest) << report.epoch;
      lowest = std::min(lowest, value);
    }
    EXPECT_EQ(run.result.state->best.monitored, lowest);
    if (monitor == "validation_loss") {
      EXPECT_FALSE(run.reports.at(1).improved);
    }
  }
}

TEST(WarmUp, EarlyStoppingWaitsForItsEnd) {
  TrainingOptions options = idle_options();
  options.epochs = 30;
  options.early_stopping = 1;
  Term term = kGrowsOverEpochs;
  term.warmup_epochs = 5;
  const auto state = train_growing(term, options).result.state;
  EXPECT_GT(state->cursor.epoch, 5);
  EXPECT_GE(state->best.epoch, 5);
}

}  // namespace
}  // namespace hourglass::training
