#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/training/engine.h"
#include "hourglass/training/metrics.h"
#include "hourglass/training/optimizer.h"
#include "hourglass/training/schedule.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training {

struct TrainingOptions {
  int64_t epochs = 20;  ///< the run's total
  int64_t batch_size = 128;
  OptimizerOptions optimizer;
  Schedule schedule;
  double warmup = 0;            ///< epochs of linear growth of the learning rate
  int64_t early_stopping = 0;   ///< epochs without improvement after which to stop; 0: never
  uint64_t seed = 1;            ///< fixes weights, shuffle, noise and sampling, each separately
  std::string device = "auto";  ///< auto, cpu, cuda or cuda:N
  EngineOptions engine;

  /// Adds a row for each field, under the heading "Training".
  void describe(FieldTable& table);
};

/// "auto" is CUDA where LibTorch has it and a device is there. Throws `UsageError` for a text that
/// is no device, `Error` for a CUDA device that is absent.
at::Device resolve_device(const std::string& text);

/// A model's parameters, as one vector, and running averages.
struct ModelState {
  at::Tensor parameters;            ///< [P]: see FlatParameters
  std::vector<at::Tensor> buffers;  ///< in the order of `Module::buffers`
};

/// The epoch with the lowest monitored loss so far.
struct BestEpoch {
  int64_t epoch = 0;  ///< 0: none yet
  double monitored = 0;
  Measurements training, validation;
  ModelState model;
};

/// All that is needed to go on after an epoch as if nothing had happened. Shuffle, noise and
/// sampling are derived from (seed, epoch), so they have no state. Tensors are never changed once
/// they are here.
struct TrainingState {
  int64_t epoch = 0;  ///< finished epochs
  ModelState model;
  OptimizerState optimizer;
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

/// Hears what happens in a run: progress, metrics, checkpoints and early stopping are hooks.
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

struct TrainingResult {
  enum class End { Finished, Stopped, Interrupted, NotFinite };
  End end = End::Finished;
  TrainingStatePtr state;           ///< as of the last finished epoch
  std::optional<EpochReport> last;  ///< the last epoch of this run; none when no epoch was finished
  std::string problem;              ///< for NotFinite: the epoch, the step and advice
};

/// Trains a model, one epoch after the other. It knows neither variants nor data sets by name, and
/// how a step is computed is the engine's business.
class Trainer {
 public:
  /// Moves model and data to the options' device. `validation` may be null: the training loss is
  /// monitored then.
  Trainer(models::AutoencoderPtr model, datasets::DatasetPtr training,
          datasets::DatasetPtr validation, TrainingOptions options);

  void add_hook(std::shared_ptr<Hook> hook) { hooks_.push_back(std::move(hook)); }

  /// Goes back to the end of an epoch. Throws `Error` when the state is of another model or
  /// optimizer.
  void restore(const TrainingState& state);

  /// Trains until all epochs are done, a hook says stop, Ctrl-C, or a loss is not finite.
  TrainingResult run();

  /// The losses of the training rows with the present weights, without learning.
  Measurements evaluate_training_rows();

 private:
  models::AutoencoderPtr model_;
  datasets::DatasetPtr training_, validation_;
  TrainingOptions options_;
  FlatParameters parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  int64_t steps_per_epoch_;
  LearningRate learning_rate_;
  std::unique_ptr<Engine> engine_;
  std::vector<std::shared_ptr<Hook>> hooks_;
  TrainingStatePtr state_;

  TrainingResult run_epochs();
  bool train_epoch(int64_t epoch);
  EpochMeans evaluate(const datasets::Dataset& data, int64_t epoch);
  std::string advice(const std::string& where) const;
  TrainingStatePtr capture(const EpochReport& report, double monitored) const;
  Verdict tell_epoch_end(const EpochReport& report);
};

}  // namespace hourglass::training
