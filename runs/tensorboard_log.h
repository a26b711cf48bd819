#pragma once

#include "hourglass/formats/tensorboard.h"
#include "hourglass/training/trainer.h"

#include <cstdint>
#include <filesystem>

namespace hourglass::runs {

/// Writes what metrics.csv gets as TensorBoard's event files too, a step an epoch: `loss/train`,
/// `loss/validation`, each term and metric likewise, and `learning_rate`.
class TensorboardLog : public training::Hook {
 public:
  /// A new file in the run's folder. What an earlier session wrote after `finished_epochs`, from
  /// which the run goes on, is not shown any more.
  TensorboardLog(const std::filesystem::path& folder, int64_t finished_epochs)
      : file_(folder, finished_epochs + 1) {}

  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& state) override;

 private:
  formats::TensorboardFile file_;
};

}  // namespace hourglass::runs
