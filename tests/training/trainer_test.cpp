#include "hourglass/training/trainer.h"

#include "hourglass/core/error.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/stopping.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace hourglass::training {

using namespace datasets;
using namespace models;
using namespace runs;

namespace {

using End = RunEnd;
using testing::error_of;
using testing::expect_contains;

/// 50 rows of 6 values, the same in every test.
DatasetPtr small_data(int64_t rows = 50) {
  at::manual_seed(3);
  return std::make_shared<TensorDataset>(at::rand({rows, 6}), at::Tensor(), Scaling{});
}

AutoencoderPtr small_model() {
  at::manual_seed(4);
  return std::make_shared<Autoencoder>(
      ModelSpec{.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {5, 2}}});
}

TrainingOptions small_options() {
  return {.epochs = 4, .batch_size = 8, .optimizer = {.learning_rate = 1e-2}, .device = "cpu"};
}

/// Remembers what a hook is given.
class Recorder : public Hook {
 public:
  std::vector<EpochReport> reports;
  std::vector<TrainingStatePtr> states;
  int64_t steps = 0, run_ends = 0;

  void on_step(int64_t, const Engine&) override { ++steps; }
  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& state) override {
    reports.push_back(report);
    states.push_back(state);
    return Verdict::Continue;
  }
  void on_run_end() override { ++run_ends; }
};

struct RecordedRun {
  TrainingResult result;
  std::shared_ptr<Recorder> recorder = std::make_shared<Recorder>();
};

RecordedRun train(const TrainingOptions& options, const DatasetPtr& validation = nullptr,
                  const TrainingState* from = nullptr,
                  const std::shared_ptr<Hook>& hook = nullptr) {
  RecordedRun run;
  Trainer trainer(small_model(), small_data(), validation, options);
  if (from) trainer.restore(*from);
  trainer.add_hook(run.recorder);
  if (hook) trainer.add_hook(hook);
  run.result = trainer.run();
  return run;
}

void expect_same_tensors(const TensorMap& a, const TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
}

void expect_same_state(const TrainingState& a, const TrainingState& b) {
  EXPECT_EQ(a.cursor.epoch, b.cursor.epoch);
  EXPECT_EQ(a.cursor.step, b.cursor.step);
  expect_same_tensors(a.engine.model, b.engine.model);
  ASSERT_EQ(a.engine.optimizers.size(), b.engine.optimizers.size());
  for (size_t i = 0; i < a.engine.optimizers.size(); ++i) {
    EXPECT_EQ(a.engine.optimizers[i].steps, b.engine.optimizers[i].steps);
    expect_same_tensors(a.engine.optimizers[i].slots, b.engine.optimizers[i].slots);
  }
  EXPECT_EQ(a.learning_rate.factor, b.learning_rate.factor);
  EXPECT_EQ(a.learning_rate.best, b.learning_rate.best);
  EXPECT_EQ(a.best.epoch, b.best.epoch);
  EXPECT_EQ(a.best.monitored, b.best.monitored);
  expect_same_tensors(a.best.model, b.best.model);
}

TEST(Trainer, LearnsAndCountsItsSteps) {
  const auto run = train(small_options());
  EXPECT_EQ(run.result.end, End::Finished);
  EXPECT_EQ(run.recorder->steps, 4 * 7);  // 50 rows in batches of 8, the last of 2
  EXPECT_EQ(run.recorder->run_ends, 1);
  const auto& reports = run.recorder->reports;
  EXPECT_LT(value_of(reports.back().training, "loss"), value_of(reports.front().training, "loss"));
}

TEST(Trainer, RepeatsToTheBitWithTheSeedAndDiffersWithAnother) {
  const auto first = train(small_options()), second = train(small_options());
  expect_same_state(*first.result.state, *second.result.state);
  auto options = small_options();
  options.seed = 2;
  const auto other = train(options);
  EXPECT_FALSE(at::equal(first.result.state->engine.model.at("encoder.dense1.weight"),
                         other.result.state->engine.model.at("encoder.dense1.weight")));
}

TEST(Trainer, MonitorsTheValidationLossWhereThereIsOne) {
  const auto with = train(small_options(), small_data(20));
  EXPECT_EQ(with.result.state->best.monitored,
            value_of(with.result.state->best.validation, "loss"));
  const auto without = train(small_options());
  EXPECT_EQ(without.result.state->best.monitored,
            value_of(without.result.state->best.training, "loss"));
}

/// Resumes after epoch 2 of 4, through a file, and compares with a run that was never interrupted.
void expect_resumed_equals_uninterrupted(const TrainingOptions& options) {
  const auto whole = train(options, small_data(20));
  const auto half = train(options, small_data(20), nullptr, std::make_shared<StopAfter>(2));
  EXPECT_EQ(half.result.end, End::Stopped);
  const testing::TemporaryFolder folder;
  save_state(folder / "last.safetensors", *half.result.state);
  const TrainingState saved = load_state(folder / "last.safetensors");
  const auto rest = train(options, small_data(20), &saved);
  expect_same_state(*rest.result.state, *whole.result.state);
  ASSERT_EQ(rest.recorder->reports.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    const auto &a = rest.recorder->reports[i], &b = whole.recorder->reports[i + 2];
    EXPECT_EQ(a.epoch, b.epoch);
    EXPECT_EQ(value_of(a.training, "loss"), value_of(b.training, "loss"));
    EXPECT_EQ(value_of(a.validation, "loss"), value_of(b.validation, "loss"));
    EXPECT_EQ(a.learning_rate, b.learning_rate);
    EXPECT_EQ(a.improved, b.improved);
  }
}

TEST(Trainer, ResumedRunEqualsAnUninterruptedOneToTheBit) {
  for (const auto& [kind, name] : names_of(OptimizerKind{})) {
    SCOPED_TRACE(name);
    auto options = small_options();
    options.optimizer.kind = kind;
    if (kind == OptimizerKind::Sgd) options.optimizer.momentum = 0.9;
    expect_resumed_equals_uninterrupted(options);
  }
}

TEST(Trainer, ResumedRunOfEitherEngineClipsToTheBit) {
  for (const EngineKind engine : {EngineKind::Fused, EngineKind::Autograd}) {
    SCOPED_TRACE(enum_name(engine));
    auto options = small_options();
    options.engine.kind = engine;
    const auto unclipped = train(options);
    options.engine.clip_norm = 0.01;
    const auto clipped = train(options);
    ASSERT_FALSE(at::equal(clipped.result.state->engine.model.at("encoder.dense1.weight"),
                           unclipped.result.state->engine.model.at("encoder.dense1.weight")))
        << "no gradient is that long";
    expect_resumed_equals_uninterrupted(options);
  }
}

TEST(Trainer, ResumedRunKeepsItsSchedule) {
  for (const char* text : {"step:1,0.5", "cosine", "plateau:1,0.5"}) {
    SCOPED_TRACE(text);
    auto options = small_options();
    options.schedule = *Schedule::parse(text);
    options.warmup = 1.5;
    // High enough that the plateau schedule has something to do.
    options.optimizer.learning_rate = 0.5;
    expect_resumed_equals_uninterrupted(options);
  }
}

TEST(Trainer, RefusesTheStateOfAnotherModel) {
  const auto run = train(small_options());
  TrainingState state = *run.result.state;
  state.engine.model["encoder.dense1.weight"] = at::zeros({3});
  EXPECT_NE(error_of([&] { train(small_options(), nullptr, &state); }).find("do not fit"),
            std::string::npos);
}

TEST(Trainer, AStopRequestEndsAfterTheStepAndKeepsIt) {
  Trainer trainer(small_model(), small_data(), nullptr, small_options());
  const auto recorder = std::make_shared<Recorder>();
  trainer.add_hook(recorder);
  const TrainingResult result = trainer.run([&] { return recorder->steps == 2 * 7 + 2; });
  EXPECT_EQ(result.end, End::Interrupted);
  EXPECT_EQ(recorder->steps, 2 * 7 + 2);
  EXPECT_EQ(recorder->run_ends, 1);
  EXPECT_EQ(recorder->reports.size(), 2U);
  EXPECT_EQ(result.state->cursor.epoch, 2);
  EXPECT_EQ(result.state->cursor.step, 2 * 7 + 2);
  EXPECT_EQ(result.state->unfinished.sums.steps, 2);
}

/// Is interrupted at a step, goes on from a file, and compares with a run that was never interrupted.
void expect_interrupted_equals_uninterrupted(const TrainingOptions& options, int64_t step) {
  const auto whole = train(options, small_data(20));
  const testing::TemporaryFolder folder;
  {
    Trainer trainer(small_model(), small_data(), small_data(20), options);
    const auto recorder = std::make_shared<Recorder>();
    trainer.add_hook(recorder);
    const auto state = trainer.run([&] { return recorder->steps == step; }).state;
    save_state(folder / "last.safetensors", *state);
  }
  const TrainingState saved = load_state(folder / "last.safetensors");
  EXPECT_EQ(saved.cursor.step, step);
  const auto rest = train(options, small_data(20), &saved);
  expect_same_state(*rest.result.state, *whole.result.state);
  ASSERT_FALSE(rest.recorder->reports.empty());
  // The epoch that was interrupted has the numbers of all of its steps.
  const EpochReport& resumed = rest.recorder->reports.front();
  const EpochReport& uninterrupted =
      whole.recorder->reports[static_cast<size_t>(resumed.epoch - 1)];
  for (size_t i = 0; i < resumed.training.size(); ++i) {
    EXPECT_EQ(resumed.training[i].value, uninterrupted.training[i].value);
  }
}

TEST(Trainer, GoesOnFromTheMiddleOfAnEpochToTheBit) {
  for (const int64_t step : {1, 6, 7, 10, 13, 27}) {
    SCOPED_TRACE(step);
    expect_interrupted_equals_uninterrupted(small_options(), step);
  }
}

TEST(Trainer, AnEpochMayHaveALengthOfItsOwn) {
  auto options = small_options();
  options.steps_per_epoch = 4;  // batches of 8: the 50 rows end in the second epoch
  options.schedule.kind = Schedule::Kind::Cosine;
  const auto run = train(options);
  EXPECT_EQ(run.recorder->steps, 4 * 4);
  EXPECT_EQ(run.result.state->cursor.step, 4 * 4);
  for (const int64_t step : {2, 7, 14}) expect_interrupted_equals_uninterrupted(options, step);
}

/// Wants the state after every third step.
class EveryThirdStep : public Hook {
 public:
  std::vector<TrainingStatePtr> states;
  void on_step(int64_t step, const Engine&) override { step_ = step; }
  bool wants_state() override { return step_ % 3 == 0; }
  void on_state(const TrainingStatePtr& state) override { states.push_back(state); }

 private:
  int64_t step_ = 0;
};

TEST(Trainer, GivesHooksTheStateInTheMiddleOfAnEpoch) {
  const auto hook = std::make_shared<EveryThirdStep>();
  const auto whole = train(small_options(), small_data(20), nullptr, hook);
  ASSERT_EQ(hook->states.size(), 4U * 2);
  const auto rest = train(small_options(), small_data(20), hook->states[5].get());
  expect_same_state(*rest.result.state, *whole.result.state);
}

TEST(Trainer, StopsAtALossThatIsNotFiniteAndKeepsTheBestModel) {
  // All rows turn infinite in epoch 3: a data set whose values depend on the epoch.
  class Poisoned : public DatasetDecorator {
   public:
    using DatasetDecorator::DatasetDecorator;
    Batch batch(const at::Tensor& positions, int64_t epoch) const override {
      Batch batch = inner().batch(positions, epoch);
      if (epoch == 3) batch.input.fill_(std::numeric_limits<float>::infinity());
      return batch;
    }
    DatasetPtr to(at::Device) const override { return std::make_shared<Poisoned>(*this); }
  };
  const auto recorder = std::make_shared<Recorder>();
  const auto wants_states = std::make_shared<EveryThirdStep>();
  Trainer trainer(small_model(), std::make_shared<Poisoned>(small_data()), nullptr,
                  small_options());
  trainer.add_hook(recorder);
  trainer.add_hook(wants_states);
  const TrainingResult result = trainer.run();
  EXPECT_EQ(result.end, End::NotFinite);
  expect_contains(result.problem, {"epoch 3, step 1 of 7", "`learning_rate`", "(epoch 2) is kept"});
  EXPECT_EQ(result.state->cursor.epoch, 2);
  EXPECT_TRUE(
      at::isfinite(result.state->best.model.at("encoder.dense1.weight")).all().item<bool>());
  // The epoch ends where a state is wanted, which is none of it.
  EXPECT_EQ(recorder->steps, 2 * 7 + 3);
  EXPECT_EQ(wants_states->states.size(), 2U * 2);
}

TEST(Trainer, RefusesAStateOfEpochsOfAnotherLength) {
  const auto whole = train(small_options());
  auto options = small_options();
  options.batch_size = 16;
  Trainer trainer(small_model(), small_data(), nullptr, options);
  expect_contains(error_of([&] { trainer.restore(*whole.result.state); }), {"4 steps", "28 steps"});
}

/// Fails in the third epoch.
class FailingHook : public Hook {
 public:
  void on_epoch_start(const EpochStart& start) override {
    if (start.epoch == 3) throw Error("the disk is full");
  }
  void on_run_end() override { throw Error("nor can it say so"); }
};

TEST(Trainer, TellsHooksThatTheRunEndsThoughItFails) {
  Trainer trainer(small_model(), small_data(), nullptr, small_options());
  const auto recorder = std::make_shared<Recorder>();
  trainer.add_hook(std::make_shared<FailingHook>());
  trainer.add_hook(recorder);
  EXPECT_EQ(testing::error_of([&] { trainer.run(); }), "the disk is full");
  EXPECT_EQ(recorder->run_ends, 1);
}

TEST(Trainer, SaysWhatFailsAtTheEndOnceAllHooksKnowOfIt) {
  TrainingOptions options = small_options();
  options.epochs = 2;
  Trainer trainer(small_model(), small_data(), nullptr, options);
  const auto recorder = std::make_shared<Recorder>();
  trainer.add_hook(std::make_shared<FailingHook>());
  trainer.add_hook(recorder);
  EXPECT_EQ(testing::error_of([&] { trainer.run(); }), "nor can it say so");
  EXPECT_EQ(recorder->run_ends, 1);
}

TEST(Trainer, EarlyStoppingWaitsForItsPatience) {
  auto options = small_options();
  options.epochs = 50;
  options.optimizer.learning_rate =
      1e-12;  // nothing changes, so epoch 1 stays the best or nearly so
  options.early_stopping = 3;
  const auto run = train(options, small_data(20));
  EXPECT_EQ(run.result.end, End::Stopped);
  EXPECT_EQ(run.result.state->cursor.epoch, run.result.state->best.epoch + 3);
}

TEST(Trainer, MonitorsTheColumnItIsToldTo) {
  auto options = small_options();
  options.monitor = "train_reconstruction";
  const auto run = train(options, small_data(20));
  EXPECT_EQ(run.result.state->best.monitored,
            value_of(run.result.state->best.training, "reconstruction"));
}

TEST(Trainer, NamesTheColumnsThatCanBeMonitored) {
  auto options = small_options();
  options.monitor = "validation_los";
  expect_contains(error_of([&] { train(options, small_data(20)); }),
                  {"`monitor`", "validation_loss, train_loss", "did you mean 'validation_loss'"});
  options.monitor = "validation_loss";  // there is none
  expect_contains(error_of([&] { train(options); }), {"`monitor`", "train_loss"});
}

TEST(Trainer, TakesRowsInTheSamplersOrder) {
  auto options = small_options();
  options.epochs = 1;
  Trainer trainer(small_model(), small_data(), nullptr, options);
  trainer.set_sampler(std::make_shared<SequentialSampler>(20));
  const auto recorder = std::make_shared<Recorder>();
  trainer.add_hook(recorder);
  trainer.run();
  EXPECT_EQ(recorder->steps, 3);  // 20 rows in batches of 8
}

TEST(Trainer, ClippingShortensTheStep) {
  auto options = small_options();
  options.epochs = 1;
  options.optimizer = {.kind = OptimizerKind::Sgd, .learning_rate = 1};
  options.batch_size = 50;  // a single step
  options.engine.clip_norm = 1e-3;
  Trainer trainer(small_model(), small_data(), nullptr, options);
  const TensorMap before = copied_tensors(*small_model());
  double squared = 0;
  for (const auto& [name, after] : trainer.run().state->engine.model) {
    squared += (after - before.at(name)).square().sum().item<double>();
  }
  EXPECT_NEAR(std::sqrt(squared), 1e-3, 1e-5);
}

TEST(Trainer, Bfloat16StaysCloseToFloat32) {
  if (!kernels::has_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16 arithmetic";
  auto options = small_options();
  options.engine.kind = EngineKind::Autograd;
  const auto exact = train(options);
  options.engine.precision = Precision::Bfloat16;
  const auto rounded = train(options);
  const double a = value_of(exact.recorder->reports.back().training, "loss");
  const double b = value_of(rounded.recorder->reports.back().training, "loss");
  EXPECT_NE(a, b);
  EXPECT_NEAR(a, b, 0.01 * a);
}

TEST(ResolveDevice, ExplainsWhatIsWrong) {
  EXPECT_EQ(resolve_device("cpu").type(), at::kCPU);
  EXPECT_THROW(resolve_device("gpu"), UsageError);
  EXPECT_THROW(resolve_device("cuda:x"), UsageError);
  if (resolve_device("auto").is_cuda())
    GTEST_SKIP() << "CUDA is here: its absence cannot be tested";
  expect_contains(error_of([] { resolve_device("cuda"); }), {"no CUDA device"});
}

}  // namespace
}  // namespace hourglass::training
