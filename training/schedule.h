#pragma once

#include "hourglass/core/fields.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace hourglass::training {

/// How the learning rate changes over a run.
struct Schedule {
  enum class Kind {
    Constant,
    Step,    ///< times `factor` after every `epochs` epochs
    Stages,  ///< times `factor` after each stage, the first of one epoch, each next `epochs` times as
             ///< long (Burda, Grosse & Salakhutdinov 2016: 3)
    Cosine,   ///< down to `floor` times the start over the run's epochs, step by step (Loshchilov &
              ///< Hutter 2017)
    Plateau,  ///< times `factor` once the monitored loss has not improved for `epochs` epochs
  };
  Kind kind = Kind::Constant;
  int64_t epochs = 10;
  double factor = 0.1;
  double floor = 0;

  /// "constant", "step:EPOCHS,FACTOR", "stages:TIMES,FACTOR", "cosine" or "cosine:FLOOR", "plateau:PATIENCE,FACTOR".
  static std::string expects();
  static std::optional<Schedule> parse(const std::string& text);
  std::string text() const;
};

/// The learning rate of every step. Only the plateau schedule remembers anything; the others depend
/// on the step alone.
class LearningRate {
 public:
  struct State {
    double factor = 1;
    double best = std::numeric_limits<double>::infinity();
    int64_t epochs_without_improvement = 0;
  };

  /// `start` is reached after `warmup_epochs` epochs of linear growth. The run has `epochs` epochs
  /// of `steps_per_epoch` steps.
  LearningRate(double start, Schedule schedule, double warmup_epochs, int64_t epochs,
               int64_t steps_per_epoch);

  /// For the step after `step` finished ones.
  double at(int64_t step) const;

  /// Tells the plateau schedule the monitored number of a finished epoch, as one of which less is
  /// better.
  void epoch_ended(double monitored);

  /// For a sampler that gives another number of rows.
  void set_steps_per_epoch(int64_t steps) { steps_per_epoch_ = steps; }

  State state;

 private:
  double start_;
  Schedule schedule_;
  double warmup_epochs_;
  int64_t epochs_, steps_per_epoch_;
};

}  // namespace hourglass::training
