#pragma once

#include "hourglass/core/processes.h"
#include "hourglass/core/stopwatch.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/sampler.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/training/averages.h"
#include "hourglass/training/engine.h"
#include "hourglass/training/schedule.h"
#include "hourglass/training/training_options.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training {

/// Where a run stands: between two epochs, or in the middle of one.
struct Cursor {
  int64_t epoch = 0;  ///< finished epochs
  int64_t step = 0;   ///< steps taken in all

  /// Steps of the unfinished epoch.
  int64_t steps_of_epoch(int64_t steps_per_epoch) const { return step - epoch * steps_per_epoch; }
};

/// What an epoch has come to by the cursor's step.
struct UnfinishedEpoch {
  EpochSums sums;
  double seconds = 0;  ///< of training alone
};

/// The epoch with the best monitored number so far, of those whose number compares with the
/// latest one's: of the same phase, and of a training loss with the same weights.
struct BestEpoch {
  int64_t epoch = 0;  ///< 0: none yet
  double monitored = 0;
  Measurements training, validation;
  TensorMap model;  ///< parameters and buffers
};

/// All that is needed to go on after a step as if nothing had happened. Order, noise and sampling
/// are derived from (seed, epoch, row), so they have no state; where an epoch has rows of several
/// passes over the data, the step is in the place of the epoch for noise and sampling. Tensors are
/// never changed once they are here.
struct TrainingState {
  Cursor cursor;
  EngineState engine;
  LearningRate::State learning_rate;
  BestEpoch best;
  UnfinishedEpoch unfinished;
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

struct EpochStart {
  int64_t epoch = 0;  ///< counted from 1
  int64_t steps = 0;  ///< that it has
  int64_t done = 0;   ///< steps of it that an earlier session took
  int64_t items = 0;  ///< that it has
};

enum class Verdict { Continue, Stop };

/// Is called as a run goes on: progress, metrics and checkpoints are hooks.
class Hook {
 public:
  virtual ~Hook() = default;

  /// Whether a run that goes on after this finished epoch is to take no more steps.
  virtual bool is_at_end(int64_t /*epoch*/) const { return false; }

  virtual void on_epoch_start(const EpochStart& /*start*/) {}

  /// After step `step` (1, 2, …) of the epoch.
  virtual void on_step(int64_t /*step*/, const Engine& /*engine*/) {}

  /// Whether `on_state` is to be called now; asked after every step.
  virtual bool wants_state() { return false; }

  /// The state in the middle of an epoch: because some hook wanted it, or the run is interrupted.
  virtual void on_state(const TrainingStatePtr& /*state*/) {}

  /// After the epoch and its validation. All hooks are called; the run ends when one says `Stop`.
  virtual Verdict on_epoch_end(const EpochReport& /*report*/, const TrainingStatePtr& /*state*/) {
    return Verdict::Continue;
  }

  /// When no more steps follow, whatever the reason, a failure too.
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
  TrainingStatePtr state;           ///< as of the last step, or epoch where a loss is not finite
  std::optional<EpochReport> last;  ///< the last epoch of this run; none when no epoch was finished
  std::string problem;              ///< for NotFinite: the epoch, the step and advice
};

/// Whether someone, Ctrl-C say, wants the run to end now. Asked before every step; of several
/// processes it is enough that one is asked to, and they find out a few times a second.
using StopRequested = std::function<bool()>;

/// Trains a model, one epoch after the other. It knows neither objectives nor data sets by name, and
/// how a step is computed is the engine's business.
class Trainer {
 public:
  /// Moves model and data to the options' device. `validation` may be null. Each of `processes`,
  /// which must outlive the trainer, has a trainer of the same model, data and options; batches are
  /// of all of them together. Throws `UsageError` where the monitored number is none that the model
  /// reports, `Error` where batches are too small to be shared.
  Trainer(models::AutoencoderPtr model, const datasets::DatasetPtr& training,
          const datasets::DatasetPtr& validation, TrainingOptions options,
          const Processes& processes = kAlone);

  void add_hook(std::shared_ptr<Hook> hook) { hooks_.push_back(std::move(hook)); }

  /// Which rows come when; all in a new order each epoch where nothing is said. Throws `Error`
  /// where a batch could have more rows than the data have.
  void set_sampler(std::shared_ptr<const datasets::Sampler> sampler);

  /// Goes back to a state. Throws `Error` when it is of another model or optimizer, or of epochs of
  /// another length.
  void restore(const TrainingState& state);

  /// Trains until all epochs are done, a hook says stop, `stop_requested`, or a loss is not finite.
  /// A run that goes on from where it had stopped early takes no step.
  TrainingResult run(const StopRequested& stop_requested = {});

  /// The numbers of the training rows with the present weights, without learning.
  Measurements evaluate_training_rows();

  /// What every epoch reports: "loss", "reconstruction", …
  std::vector<std::string> reported_names() const;

  /// The number that makes the best epoch, as a column of metrics.csv: "validation_loss".
  const std::string& monitor() const { return monitor_; }

  Engine& engine() { return *engine_; }

  int64_t steps_per_epoch() const;

 private:
  models::AutoencoderPtr model_;
  datasets::DatasetPtr training_, validation_;
  TrainingOptions options_;
  const Processes& processes_;
  std::string monitor_;
  std::shared_ptr<const datasets::Sampler> sampler_;
  std::unique_ptr<Engine> engine_;
  LearningRate learning_rate_;
  std::vector<std::shared_ptr<Hook>> hooks_;
  TrainingStatePtr state_;
  int64_t steps_until_question_ = 0, asked_after_steps_ = 0;
  Stopwatch question_, epoch_time_;

  TrainingResult run_epochs(const StopRequested& stop_requested);
  /// Tells all hooks, and what failed first of them.
  std::exception_ptr end_run();
  bool train_epoch(int64_t epoch, const StopRequested& stop_requested);
  EpochMeans evaluate(const datasets::Dataset& data, int64_t epoch);
  std::string advice(const std::string& where) const;
  double monitored(const EpochReport& report) const;
  bool is_better(double monitored, double than) const;
  /// Whether the losses of two epochs are of one phase and, where the training loss is monitored,
  /// of the same weights: others do not compare, and the first epoch of another is the best one,
  /// whatever was before.
  bool have_one_loss(int64_t epoch, int64_t other) const;
  /// At the first steps of two epochs; within an epoch a growing weight changes.
  bool have_same_weights(const models::Phase& phase, int64_t epoch, int64_t other) const;
  /// Whether nothing has become better for too long by the end of the epoch.
  bool is_patience_over(int64_t epoch) const;
  /// Whether a run that goes on is at its end: it stopped early, or was killed as it was about to.
  bool is_over() const;
  /// Whether an epoch of a length of its own has rows of several passes over the data, and so may
  /// have a row again.
  bool spans_passes(int64_t epoch) const;
  std::shared_ptr<TrainingState> capture(Cursor cursor) const;
  void keep_epoch(const EpochReport& report, double monitored);
  bool keep_step(Cursor cursor);
  /// What somebody asks of the run before a step.
  struct Wishes {
    bool stop = false, state = false;
  };
  Wishes agreed_wishes(const StopRequested& stop_requested);
  Verdict end_epoch(const EpochReport& report);
};

}  // namespace hourglass::training
