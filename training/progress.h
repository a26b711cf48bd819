#pragma once

#include "hourglass/core/stopwatch.h"
#include "hourglass/core/terminal.h"
#include "hourglass/training/trainer.h"

#include <cstdint>
#include <string>

namespace hourglass::training {

struct ProgressOptions {
  bool bar = false;        ///< redraw one line in place where standard output is a terminal
  int64_t line_every = 1;  ///< leave a line every so many epochs, and after the last one; 0: never
};

/// Tells on standard output how training goes: plain lines for a log, a bar with speed and time
/// left for a terminal. A log gets a line a minute inside epochs that take longer. Lines on a terminal have as many of the loss's terms as there is room for;
/// in a log they have all.
class Progress : public Hook {
 public:
  /// `epochs` are the run's in all.
  Progress(ProgressOptions options, int64_t epochs);

  /// A line for epoch 0: the losses of the model as it was initialised.
  void show_untrained(const Measurements& training) const;

  void on_epoch_start(const EpochStart& start) override;
  void on_step(int64_t step, const Engine& engine) override;
  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& state) override;
  void on_run_end() override;

 private:
  ProgressOptions options_;
  int64_t epochs_;
  EpochStart epoch_;
  double epochs_before_ = -1;  // done by earlier sessions; negative until the first epoch starts
  Stopwatch since_start_, since_drawing_, since_line_;
  std::string best_text_;
  LiveLine bar_;

  double epochs_done(int64_t step) const;
  double seconds_an_epoch(int64_t step) const;
  std::string time_left(int64_t step) const;
  void draw_bar(int64_t step, double loss);
  void print_step(int64_t step, double loss);
};

}  // namespace hourglass::training
