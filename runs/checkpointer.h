#pragma once

#include "hourglass/training/trainer.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>

namespace hourglass::runs {

struct CheckpointOptions {
  double interval = 10;   ///< seconds between checkpoints; 0: after every epoch
  int64_t keep_best = 0;  ///< how many earlier best models to keep beside best.pt
};

/// Writes `best.pt` (the best model as TorchScript) and `last.pt` (the state to resume from).
///
/// Both are due at the end of an epoch once `interval` seconds have passed since the last time, and
/// at the end of the run. Until then a finished epoch is a snapshot in memory, so that short epochs
/// do not pay for files. `last.pt` holds the best weights too: it alone decides what a resumed run
/// continues from.
class Checkpointer : public training::Hook {
 public:
  /// What best.pt says of itself besides its program.
  using Metadata = std::function<nlohmann::json(const training::BestEpoch&)>;

  /// `exported` is another instance of the model, on the CPU, that takes the best weights for
  /// exporting. `written` is the state that the files in `folder` hold already, or null.
  Checkpointer(std::filesystem::path folder, models::AutoencoderPtr exported,
               CheckpointOptions options, Metadata metadata,
               const training::TrainingStatePtr& written);

  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& state) override;
  void on_run_end() override { write(); }

 private:
  std::filesystem::path folder_;
  models::AutoencoderPtr exported_;
  training::FlatParameters exported_parameters_;
  CheckpointOptions options_;
  Metadata metadata_;
  training::TrainingStatePtr latest_;
  int64_t written_epoch_ = 0, written_best_epoch_ = 0;
  std::chrono::steady_clock::time_point written_at_ = std::chrono::steady_clock::now();
  std::deque<std::filesystem::path> kept_;

  void write();
  void write_best(const training::BestEpoch& best);
};

/// Puts weights and running averages into a model whose parameters are flat.
void load_model_state(models::Autoencoder& model, training::FlatParameters& parameters,
                      const training::ModelState& state);

}  // namespace hourglass::runs
