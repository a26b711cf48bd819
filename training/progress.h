#pragma once

#include "hourglass/core/terminal.h"
#include "hourglass/training/trainer.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace hourglass::training {

struct ProgressOptions {
  bool bar = false;        ///< redraw one line in place where standard output is a terminal
  int64_t line_every = 1;  ///< leave a line every so many epochs, and after the last one; 0: never
};

/// Tells on standard output how training goes: plain lines for a log, a bar with speed and time
/// left for a terminal. Lines on a terminal have as many of the loss's terms as there is room for;
/// in a log they have all.
class Progress : public Hook {
 public:
  /// The run's total epochs, how many were finished before, and the items of an epoch.
  Progress(ProgressOptions options, int64_t epochs, int64_t finished, int64_t items);

  /// A line for epoch 0: the losses of the model as it was initialised.
  void show_untrained(const Measurements& training) const;

  void on_epoch_start(int64_t epoch, int64_t steps) override;
  void on_step(int64_t step, const Engine& engine) override;
  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& state) override;
  void on_run_end() override;

 private:
  using Clock = std::chrono::steady_clock;

  ProgressOptions options_;
  int64_t epochs_, finished_, items_;
  int64_t epoch_ = 0, steps_ = 0;
  Clock::time_point started_ = Clock::now(), drawn_;
  std::string best_text_;
  LiveLine bar_;

  void draw_bar(int64_t step, double loss);
};

}  // namespace hourglass::training
