#pragma once

#include "hourglass/core/terminal.h"
#include "hourglass/runs/sweep.h"
#include "hourglass/training/trainer.h"

#include <chrono>
#include <string>
#include <vector>

namespace hourglass::apps {

/// Tells on standard error how a sweep goes: a line a run with the time left, and on a terminal the
/// epoch of the present one.
class SweepProgress : public training::Hook {
 public:
  SweepProgress(const runs::SweepPlan& plan, bool quiet);

  /// The next point is looked at.
  void begin(const runs::SweepPoint& point);

  /// What a user should know: said once, by the first run that is trained.
  void show_notes(const std::vector<std::string>& notes);

  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& state) override;

  /// What came of it: "best 0.0312 (epoch 5)".
  void end_trained(const std::string& result);
  void end_kept(const std::string& result);

  /// Takes an unfinished line away.
  void clear() { bar_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;

  size_t total_, number_ = 0;
  size_t open_, trained_ = 0;  // runs to train, and trained ones
  bool quiet_, noted_ = false;
  LiveLine bar_;
  std::string name_;
  int64_t epochs_ = 0;
  Clock::time_point started_;
  double seconds_ = 0;  // of those trained

  void show_line(const std::string& text);
};

}  // namespace hourglass::apps
