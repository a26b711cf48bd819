#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/core/stopwatch.h"
#include "hourglass/formats/card.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/training/trainer.h"

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace hourglass::formats {
struct Script;
}

namespace hourglass::runs {

struct CheckpointOptions {
  double interval = 10;
  int64_t keep_best = 0;

  void describe(FieldTable& table) {
    table.add("checkpoint_interval", interval, "between checkpoints; 0: after every epoch")
        .at_least(0)
        .shown_as("SECONDS")
        .not_recorded();
    table
        .add(
            "keep_best", keep_best,
            "also keep the models of the last N best epochs; N of them wait in memory for the next "
            "checkpoint")
        .at_least(0);
  }
};

/// Writes `best.pt` (the best model as TorchScript), `best.pt2` (the same as an archive of Python's
/// torch.export) and `last.safetensors` (the state to resume from).
///
/// They are due once `interval` seconds have passed since the last time, in the middle of an epoch
/// too, and at the end of the run. Until then a finished epoch is a snapshot in memory, so that short
/// epochs do not pay for files. `last.safetensors` holds the best weights too: it alone decides what a
/// resumed run continues from.
///
/// With `keep_best` the last so many best epochs, whenever they were, are there as
/// `best-epoch12-0.2650.pt`. They are written before the state and surplus ones removed after it, so
/// that those of the state's epoch are there whenever a run is killed; later ones are trained again.
/// Files that are not named so by it, and folders, are left alone.
class Checkpointer : public training::Hook {
 public:
  /// What best.pt says of itself besides its program.
  using CardOf = std::function<formats::ModelCard(const training::BestEpoch&)>;

  /// `exported` is another instance of the model, on the CPU, that takes the best weights for
  /// exporting. `metrics` are flushed before a state that needs them; null: none. `written` is the
  /// state that the files in `folder` hold already, or null: where best.pt is not its best model,
  /// it is made again.
  Checkpointer(std::filesystem::path folder, models::AutoencoderPtr exported,
               CheckpointOptions options, CardOf card, std::shared_ptr<MetricsFile> metrics,
               const training::TrainingStatePtr& written);

  /// What a user should know of the files that were there; empty: nothing.
  const std::string& note() const { return note_; }

  bool wants_state() override;
  void on_state(const training::TrainingStatePtr& state) override;
  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& state) override;
  void on_run_end() override { write(); }

 private:
  std::filesystem::path folder_;
  models::AutoencoderPtr exported_;
  CheckpointOptions options_;
  CardOf card_;
  std::shared_ptr<MetricsFile> metrics_;
  std::string note_;
  training::TrainingStatePtr latest_;
  int64_t written_step_ = 0, written_best_epoch_ = 0;
  Stopwatch since_written_;
  std::deque<training::BestEpoch> waiting_;  // to be kept, since the last checkpoint
  std::deque<std::filesystem::path> kept_;   // oldest first
  bool has_told_ = false;                    // that there is no best.pt2

  void repair_model();
  void write();
  void export_model(const training::BestEpoch& best, const std::filesystem::path& path);
  void write_archive(const formats::Script& script);
  void write_kept();
  void remove_surplus();
};

}  // namespace hourglass::runs
