// Phases that learn in some epochs alone, as a one-class autoencoder's do.

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/one_class.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/stopping.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

constexpr int64_t kPretraining = 3, kCentring = 4, kEpochs = 9, kStepsOfEpoch = 5;

DatasetPtr rows_of_six(int64_t count) {
  at::manual_seed(3);
  return std::make_shared<TensorDataset>(at::rand({count, 6}), at::Tensor(), Scaling{});
}

AutoencoderPtr two_phases() {
  at::manual_seed(4);
  const ModelSpec spec = {.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {5, 2}}};
  return std::make_shared<OneClass>(
      OneClassOptions{
          .boundary = Boundary::Soft, .pretraining_epochs = kPretraining, .radius_warmup = 2},
      spec);
}

TrainingOptions phased_options() {
  return {
      .epochs = kEpochs, .batch_size = 8, .optimizer = {.learning_rate = 1e-2}, .device = "cpu"};
}

class EpochRecorder : public Hook {
 public:
  std::vector<EpochReport> reports;
  std::vector<TrainingStatePtr> states;

  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& state) override {
    reports.push_back(report);
    states.push_back(state);
    return Verdict::Continue;
  }
};

struct PhasedRun {
  TrainingResult result;
  std::shared_ptr<EpochRecorder> recorder = std::make_shared<EpochRecorder>();

  at::Tensor tensor(int64_t epoch, const std::string& name) const {
    return recorder->states.at(static_cast<size_t>(epoch - 1))->engine.model.at(name);
  }
};

PhasedRun train_phases(const TrainingOptions& options, const TrainingState* from = nullptr,
                       const StopRequested& stop = {}) {
  PhasedRun run;
  Trainer trainer(two_phases(), rows_of_six(40), rows_of_six(10), options);
  trainer.add_hook(run.recorder);
  if (from) trainer.restore(*from);
  run.result = trainer.run(stop);
  return run;
}

TEST(Phases, ReportTheLossOfTheOneThatLearns) {
  const PhasedRun run = train_phases(phased_options());
  ASSERT_EQ(run.recorder->reports.size(), static_cast<size_t>(kEpochs));
  for (const auto& report : run.recorder->reports) {
    SCOPED_TRACE(report.epoch);
    const auto &training = report.training, &validation = report.validation;
    if (report.epoch <= kCentring) {
      EXPECT_EQ(value_of(training, "loss"), value_of(training, "reconstruction"));
      EXPECT_EQ(value_of(validation, "loss"), value_of(validation, "reconstruction"));
      EXPECT_TRUE(std::isnan(value_of(training, "excess")));
    } else {
      EXPECT_TRUE(std::isnan(value_of(training, "reconstruction")));
      EXPECT_NEAR(value_of(training, "loss"),
                  value_of(training, "squared_radius") + 10 * value_of(training, "excess"), 1e-5);
      EXPECT_NEAR(value_of(validation, "loss"),
                  value_of(validation, "squared_radius") + 10 * value_of(validation, "excess"),
                  1e-5);
    }
  }
}

TEST(Phases, LeaveEverythingElseAsItIs) {
  const PhasedRun run = train_phases(phased_options());
  const std::string encoder = "encoder.dense1.weight", decoder = "decoder.dense1.weight";
  EXPECT_FALSE(at::equal(run.tensor(kPretraining, encoder), run.tensor(1, encoder)));
  EXPECT_TRUE(at::equal(run.tensor(kCentring, encoder), run.tensor(kPretraining, encoder)));
  EXPECT_FALSE(at::equal(run.tensor(kEpochs, encoder), run.tensor(kCentring, encoder)));
  // Momentum left over from pretraining moves nothing.
  EXPECT_TRUE(at::equal(run.tensor(kEpochs, decoder), run.tensor(kPretraining, decoder)));
  const auto& optimizers = run.result.state->engine.optimizers;
  EXPECT_EQ(optimizers.at(0).steps, kPretraining * kStepsOfEpoch);
  EXPECT_EQ(optimizers.at(1).steps, (kEpochs - kCentring) * kStepsOfEpoch);

  EXPECT_FALSE(run.tensor(kPretraining, "centre").any().item<bool>());
  EXPECT_TRUE(at::equal(run.tensor(kEpochs, "centre"), run.tensor(kCentring, "centre")));
  EXPECT_EQ(run.tensor(kEpochs, "items_of_centre").item<int64_t>(), 40);
  EXPECT_EQ(run.tensor(kCentring + 2, "radius").item<double>(), 0);
  EXPECT_GT(run.tensor(kCentring + 3, "radius").item<double>(), 0);
}

/// The loss of pretraining is another one: no epoch of it is the best in the end, whatever its numbers.
TEST(Phases, TheBestEpochIsOneOfTheLastPhase) {
  const PhasedRun run = train_phases(phased_options());
  const auto& reports = run.recorder->reports;
  EXPECT_TRUE(reports.at(kCentring).improved);
  EXPECT_GT(run.result.state->best.epoch, kCentring);
  double lowest = INFINITY;
  for (size_t i = kCentring; i < reports.size(); ++i) {
    lowest = std::min(lowest, value_of(reports[i].validation, "loss"));
  }
  EXPECT_EQ(run.result.state->best.monitored, lowest);
}

TEST(Phases, EarlyStoppingWaitsForTheLast) {
  TrainingOptions patient = phased_options();
  patient.epochs = 50;
  patient.optimizer.learning_rate = 1e-12;
  patient.early_stopping = 1;
  const PhasedRun run = train_phases(patient);
  EXPECT_EQ(run.result.end, RunEnd::Stopped);
  EXPECT_GT(run.result.state->cursor.epoch, kCentring);
}

TEST(Phases, APlateauOfOneIsNoneOfTheNext) {
  TrainingOptions plateau = phased_options();
  plateau.optimizer.learning_rate = 1e-12;
  plateau.schedule = *Schedule::parse("plateau:1,0.5");
  const PhasedRun run = train_phases(plateau);
  const auto& states = run.recorder->states;
  EXPECT_LT(states.at(kCentring - 2)->learning_rate.factor, 1);
  EXPECT_EQ(states.at(kCentring - 1)->learning_rate.factor, 1);
}

TEST(Phases, ARunGoesOnFromAnyStepToTheBit) {
  const auto expected = train_phases(phased_options()).result.state;
  for (const int64_t epoch : {kPretraining, kCentring, kCentring + 1, kCentring + 4}) {
    SCOPED_TRACE(epoch);
    int64_t steps = 0;
    const auto half = train_phases(phased_options(), nullptr,
                                   [&] { return steps++ == (epoch - 1) * kStepsOfEpoch + 2; });
    ASSERT_EQ(half.result.end, RunEnd::Interrupted);
    const testing::TemporaryFolder folder;
    runs::save_state(folder / "last.safetensors", *half.result.state);
    const TrainingState saved = runs::load_state(folder / "last.safetensors");
    const auto actual = train_phases(phased_options(), &saved).result.state;
    EXPECT_EQ(actual->best.epoch, expected->best.epoch);
    EXPECT_EQ(actual->best.monitored, expected->best.monitored);
    ASSERT_EQ(actual->engine.model.size(), expected->engine.model.size());
    for (const auto& [name, tensor] : expected->engine.model) {
      EXPECT_TRUE(at::equal(actual->engine.model.at(name), tensor)) << name;
      EXPECT_TRUE(at::equal(actual->best.model.at(name), expected->best.model.at(name))) << name;
    }
  }
}

}  // namespace
}  // namespace hourglass::training
