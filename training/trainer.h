#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/sampler.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/training/averages.h"
#include "hourglass/training/engine.h"
#include "hourglass/training/optimizer.h"
#include "hourglass/training/schedule.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training {

/// What `monitor` auto means: "validation_loss" where there are validation rows, else "train_loss".
std::string usual_monitor(bool has_validation);

struct TrainingOptions {
  int64_t epochs = 20;
  int64_t batch_size = 128;
  OptimizerOptions optimizer;
  Schedule schedule;
  double warmup = 0;
  std::string monitor = "auto";
  int64_t early_stopping = 0;
  uint64_t seed = 1;
  std::string device = "auto";
  EngineOptions engine;

  void describe(FieldTable& table);
};

/// "auto" is CUDA where LibTorch has it and a device is there. Throws `UsageError` for a text that
/// is no device, `Error` for a CUDA device that is absent.
at::Device resolve_device(const std::string& text);

/// Where a run stands.
struct Cursor {
  int64_t epoch = 0;  ///< finished epochs
  int64_t step = 0;   ///< steps taken in all
};

/// The epoch with the lowest monitored number so far.
struct BestEpoch {
  int64_t epoch = 0;  ///< 0: none yet
  double monitored = 0;
  Measurements training, validation;
  TensorMap model;  ///< parameters and buffers
};

/// All that is needed to go on after an epoch as if nothing had happened. Order, noise and sampling
/// are derived from (seed, epoch, row), so they have no state. Tensors are never changed once they
/// are here.
struct TrainingState {
  Cursor cursor;
  EngineState engine;
  LearningRate::State learning_rate;
  BestEpoch best;
};

using TrainingStatePtr = std::shared_ptr<const TrainingState>;

struct EpochReport {
  int64_t epoch = 0;  ///< counted from 1
  Measurements training;
  Measurements validation;   ///< empty without validation rows
  double learning_rate = 0;  ///< of the last step
  double seconds = 0;        ///< of training alone
  bool improved = false;     ///< whether this is the best epoch so far
};

enum class Verdict { Continue, Stop };

/// Is called as a run goes on: progress, metrics and checkpoints are hooks.
class Hook {
 public:
  virtual ~Hook() = default;

  virtual void on_epoch_start(int64_t /*epoch*/, int64_t /*steps*/) {}

  /// After step `step` (1, 2, …) of the epoch.
  virtual void on_step(int64_t /*step*/, const Engine& /*engine*/) {}

  /// After the epoch and its validation. All hooks are called; the run ends when one says `Stop`.
  virtual Verdict on_epoch_end(const EpochReport& /*report*/, const TrainingStatePtr& /*state*/) {
    return Verdict::Continue;
  }

  /// When no more epochs follow, whatever the reason.
  virtual void on_run_end() {}
};

/// How a run ended.
enum class RunEnd {
  Finished,     ///< all epochs
  Stopped,      ///< early, as a hook asked for or because nothing got better
  Interrupted,  ///< by the user; to be resumed
  NotFinite,    ///< the loss became NaN or infinite
};
constexpr auto names_of(RunEnd) {
  return std::to_array<EnumName<RunEnd>>({{RunEnd::Finished, "finished"},
                                          {RunEnd::Stopped, "stopped"},
                                          {RunEnd::Interrupted, "interrupted"},
                                          {RunEnd::NotFinite, "not finite"}});
}

struct TrainingResult {
  RunEnd end = RunEnd::Finished;
  TrainingStatePtr state;           ///< as of the last finished epoch
  std::optional<EpochReport> last;  ///< the last epoch of this run; none when no epoch was finished
  std::string problem;              ///< for NotFinite: the epoch, the step and advice
};

/// Whether someone, Ctrl-C say, wants the run to end now. Asked before every step.
using StopRequested = std::function<bool()>;

/// Trains a model, one epoch after the other. It knows neither objectives nor data sets by name, and
/// how a step is computed is the engine's business.
class Trainer {
 public:
  /// Moves model and data to the options' device. `validation` may be null. Throws `UsageError`
  /// where the monitored number is none that the model reports.
  Trainer(models::AutoencoderPtr model, datasets::DatasetPtr training,
          datasets::DatasetPtr validation, TrainingOptions options);

  void add_hook(std::shared_ptr<Hook> hook) { hooks_.push_back(std::move(hook)); }

  /// Which rows come when; all in a new order each epoch where nothing is said.
  void set_sampler(std::shared_ptr<const datasets::Sampler> sampler);

  /// Goes back to the end of an epoch. Throws `Error` when the state is of another model or
  /// optimizer.
  void restore(const TrainingState& state);

  /// Trains until all epochs are done, a hook says stop, `stop_requested`, or a loss is not finite.
  TrainingResult run(const StopRequested& stop_requested = {});

  /// The numbers of the training rows with the present weights, without learning.
  Measurements evaluate_training_rows();

  /// What every epoch reports: "loss", "reconstruction", …
  std::vector<std::string> reported_names() const;

  /// The number whose lowest value makes the best epoch, as a column of metrics.csv:
  /// "validation_loss".
  const std::string& monitor() const { return monitor_; }

  Engine& engine() { return *engine_; }

 private:
  models::AutoencoderPtr model_;
  datasets::DatasetPtr training_, validation_;
  TrainingOptions options_;
  std::string monitor_;
  std::shared_ptr<const datasets::Sampler> sampler_;
  std::unique_ptr<Engine> engine_;
  LearningRate learning_rate_;
  std::vector<std::shared_ptr<Hook>> hooks_;
  TrainingStatePtr state_;

  int64_t steps_per_epoch() const;
  TrainingResult run_epochs(const StopRequested& stop_requested);
  bool train_epoch(int64_t epoch, const StopRequested& stop_requested);
  EpochMeans evaluate(const datasets::Dataset& data, int64_t epoch);
  std::string advice(const std::string& where) const;
  double monitored(const EpochReport& report) const;
  TrainingStatePtr capture(const EpochReport& report, double monitored) const;
  Verdict end_epoch(const EpochReport& report);
};

}  // namespace hourglass::training
