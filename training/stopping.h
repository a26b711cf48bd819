#pragma once

#include "hourglass/training/trainer.h"

#include <cstdint>

namespace hourglass::training {

/// Ends a run after the given epoch; it can be resumed.
class StopAfter : public Hook {
 public:
  explicit StopAfter(int64_t epoch) : epoch_(epoch) {}
  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& /*state*/) override {
    return report.epoch >= epoch_ ? Verdict::Stop : Verdict::Continue;
  }

 private:
  int64_t epoch_;
};

}  // namespace hourglass::training
