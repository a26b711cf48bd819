#pragma once

#include "hourglass/training/trainer.h"

#include <cstdint>

namespace hourglass::training {

/// Ends a run after the given epoch; it can be resumed. One that goes on from there is at its end.
class StopAfter : public Hook {
 public:
  explicit StopAfter(int64_t epoch) : epoch_(epoch) {}
  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& /*state*/) override {
    return is_at_end(report.epoch) ? Verdict::Stop : Verdict::Continue;
  }
  bool is_at_end(int64_t epoch) const override { return epoch >= epoch_; }

 private:
  int64_t epoch_;
};

}  // namespace hourglass::training
