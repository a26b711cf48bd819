#pragma once

#include "hourglass/core/folder_lock.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/runs/run_record.h"
#include "hourglass/sources/open.h"
#include "hourglass/training/trainer.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace hourglass::runs {

/// A training run and its folder: from options to data, model, checkpoints, metrics and results.
///
///   Run run(options_of("dense", "digits-2d"));
///   run.trainer().add_hook(progress);
///   run.train();
class Run {
 public:
  /// Reads the data, builds the model, and leaves run.json in the folder before the first step. A
  /// run that goes on is given its record; its folder is `options.resume`. Each of `processes`,
  /// which must outlive the run, has a run of the same options; the first one writes the folder,
  /// and locks it for as long as the run lives.
  ///
  /// Throws `UsageError` for options that contradict each other or the data, or ask for what cannot
  /// be written in the end; no folder is left then. Throws `Error` for data that are missing,
  /// damaged or not those of the record, for a state that is gone, for a folder that holds another
  /// run or that another process writes, and for processes of other options.
  explicit Run(RunOptions options, std::optional<RunRecord> resumed = {},
               const Processes& processes = kAlone);

  /// Options as they were resolved: device, threads and widths are settled.
  const RunOptions& options() const { return options_; }
  const std::filesystem::path& folder() const { return folder_; }
  const sources::DataSplits& data() const { return data_; }
  const RunRecord& record() const { return record_; }
  models::Autoencoder& model() { return *model_; }
  /// What a user should know: of the data, of widths that followed them, of a run of few steps.
  const std::vector<std::string>& notes() const { return notes_; }
  const Processes& processes() const { return processes_; }
  int64_t finished_epochs() const { return state_ ? state_->cursor.epoch : 0; }

  /// For further hooks. Metrics, checkpoints and `stop_after` are hooked in already.
  training::Trainer& trainer() { return *trainer_; }

  /// Trains, and leaves the results in run.json and the parts asked for (`save_parts`) beside it.
  training::TrainingResult train(const training::StopRequested& stop_requested = {});

  /// The files of the parts that `train` wrote.
  const std::vector<std::filesystem::path>& parts() const { return parts_; }

 private:
  RunOptions options_;
  const Processes& processes_;
  FieldTable table_;
  RunRecord record_;
  std::filesystem::path folder_;
  FolderLock lock_;
  sources::DataSplits data_;
  models::AutoencoderPtr model_, exported_;
  training::TrainingStatePtr state_;  // to go on from; null for a new run
  bool state_is_previous_ = false;    // it is the checkpoint before the latest
  std::unique_ptr<training::Trainer> trainer_;
  std::vector<std::filesystem::path> parts_;
  std::vector<std::string> notes_;

  models::ItemShapes item_shapes() const;
  void settle_widths();
  void check_processes() const;
  void find_state(const RunRecord& resumed);
  void check_ends() const;
  void check_exports() const;
  void open_folder();
  void note_processes(const RunRecord& resumed);
  void set_order();
  models::AutoencoderPtr build_model() const;
  void set_first_weights();
  formats::ModelCard card() const;
  void add_hooks();
  void record_results(const training::TrainingResult& result);
  std::filesystem::path part_path(Part part) const;
  void save_parts();
  void save_part(Part part, const formats::ModelCard& best);
};

}  // namespace hourglass::runs
