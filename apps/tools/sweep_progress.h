#pragma once

#include "hourglass/runs/sweep.h"
#include "hourglass/training/trainer.h"

#include <chrono>
#include <string>

namespace hourglass::apps {

/// Tells on standard error how a sweep goes: a line a run with the time left, and on a terminal the
/// epoch of the present one.
class SweepProgress : public training::Hook {
 public:
  SweepProgress(const runs::SweepPlan& plan, bool quiet);

  /// The next point is looked at.
  void begin(const runs::SweepPoint& point);

  /// The first run that is trained says what a user should know of the data.
  void show_notes(const formats::DataCard& data);

  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& state) override;

  /// What came of it: "best 0.0312 (epoch 5)".
  void end_trained(const std::string& result);
  void end_kept(const std::string& result);

  /// Takes an unfinished line away.
  void clear() const;

 private:
  using Clock = std::chrono::steady_clock;

  size_t total_, number_ = 0;
  size_t open_, trained_ = 0;  // runs to train, and trained ones
  bool quiet_, bar_, noted_ = false;
  std::string name_;
  int64_t epochs_ = 0;
  Clock::time_point started_;
  double seconds_ = 0;  // of those trained

  void show_line(const std::string& text) const;
};

}  // namespace hourglass::apps
