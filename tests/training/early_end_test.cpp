// Runs that go on where they had ended early: they take no step more.

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/stopping.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

constexpr int64_t kPatience = 3;

TrainingOptions patient_options() {
  // Nothing changes, so that the first epoch stays the best or nearly so.
  return {.epochs = 50,
          .batch_size = 8,
          .optimizer = {.learning_rate = 1e-12},
          .early_stopping = kPatience,
          .device = "cpu"};
}

DatasetPtr rows_to_judge(int64_t count) {
  at::manual_seed(3);
  return std::make_shared<TensorDataset>(at::rand({count, 6}), at::Tensor(), Scaling{});
}

class StepCounter : public Hook {
 public:
  int64_t steps = 0, run_ends = 0;
  void on_step(int64_t /*step*/, const Engine& /*engine*/) override { ++steps; }
  void on_run_end() override { ++run_ends; }
};

struct CountedRun {
  TrainingResult result;
  std::shared_ptr<StepCounter> counter = std::make_shared<StepCounter>();
};

/// Goes on from a state where one is given, and ends after an epoch where one is named.
CountedRun train_counted(const TrainingOptions& options, const TrainingState* from = nullptr,
                         int64_t stop_after = 0) {
  at::manual_seed(4);
  const auto model = std::make_shared<Autoencoder>(
      ModelSpec{.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {5, 2}}});
  Trainer trainer(model, rows_to_judge(50), rows_to_judge(20), options);
  CountedRun run;
  trainer.add_hook(run.counter);
  if (stop_after > 0) trainer.add_hook(std::make_shared<StopAfter>(stop_after));
  if (from) trainer.restore(*from);
  run.result = trainer.run();
  return run;
}

void expect_no_step(const CountedRun& run, const TrainingState& from, RunEnd end) {
  EXPECT_EQ(run.result.end, end);
  EXPECT_EQ(run.counter->steps, 0);
  EXPECT_EQ(run.counter->run_ends, 1);
  EXPECT_FALSE(run.result.last);
  EXPECT_EQ(run.result.state->cursor.step, from.cursor.step);
  EXPECT_EQ(run.result.state->best.epoch, from.best.epoch);
}

TEST(EarlyEnd, ARunWhosePatienceIsOverTakesNoStepMore) {
  const CountedRun stopped = train_counted(patient_options());
  ASSERT_EQ(stopped.result.end, RunEnd::Stopped);
  const TrainingState& state = *stopped.result.state;
  expect_no_step(train_counted(patient_options(), &state), state, RunEnd::Stopped);
  // That there is time left changes nothing.
  TrainingOptions longer = patient_options();
  longer.epochs = 60;
  expect_no_step(train_counted(longer, &state), state, RunEnd::Stopped);
}

TEST(EarlyEnd, MorePatienceLetsTheRunGoOn) {
  const auto stopped = train_counted(patient_options()).result.state;
  TrainingOptions patient = patient_options();
  patient.early_stopping = kPatience + 2;
  const CountedRun more = train_counted(patient, stopped.get());
  EXPECT_GT(more.counter->steps, 0);
  EXPECT_GT(more.result.state->cursor.epoch, stopped->cursor.epoch);
}

/// It was killed between its last state and its results, say.
TEST(EarlyEnd, ARunThatStandsWhereItIsToStopTakesNoStepMore) {
  TrainingOptions options = patient_options();
  options.early_stopping = 0;
  const auto state = train_counted(options, nullptr, /*stop_after=*/2).result.state;
  ASSERT_EQ(state->cursor.epoch, 2);
  expect_no_step(train_counted(options, state.get(), 2), *state, RunEnd::Stopped);
  const CountedRun more = train_counted(options, state.get(), 3);
  EXPECT_EQ(more.result.state->cursor.epoch, 3);
}

TEST(EarlyEnd, ARunOfAllEpochsIsFinishedWhateverElseEndsIt) {
  TrainingOptions options = patient_options();
  options.epochs = kPatience + 1;
  const auto state = train_counted(options).result.state;
  ASSERT_EQ(state->cursor.epoch, options.epochs);
  expect_no_step(train_counted(options, state.get(), 2), *state, RunEnd::Finished);
}

/// Patience is asked for at the ends of epochs alone.
TEST(EarlyEnd, ARunInTheMiddleOfAnEpochGoesOn) {
  TrainingOptions options = patient_options();
  options.early_stopping = 0;
  TrainingState state = *train_counted(options, nullptr, kPatience + 3).result.state;
  state.best.epoch = 1;
  state.cursor.step += 2;
  const CountedRun rest = train_counted(patient_options(), &state);
  EXPECT_GT(rest.counter->steps, 0);
}

}  // namespace
}  // namespace hourglass::training
