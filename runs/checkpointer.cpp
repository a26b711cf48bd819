#include "hourglass/runs/checkpointer.h"

#include "hourglass/core/files.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/state_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// The files of earlier best epochs, oldest first: a resumed run goes on counting them.
std::deque<fs::path> kept_files(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().filename().string().starts_with("best-epoch")) {
        found.emplace_back(entry.last_write_time(), entry.path());
      }
    }
  }
  std::sort(found.begin(), found.end());
  std::deque<fs::path> paths;
  for (auto& entry : found) paths.push_back(std::move(entry.second));
  return paths;
}

}  // namespace

Checkpointer::Checkpointer(fs::path folder, models::AutoencoderPtr exported,
                           CheckpointOptions options, CardOf card,
                           const training::TrainingStatePtr& written)
    : folder_(std::move(folder)),
      exported_(std::move(exported)),
      options_(options),
      card_(std::move(card)),
      kept_(kept_files(folder_)) {
  if (written) {
    written_epoch_ = written->cursor.epoch;
    written_best_epoch_ = written->best.epoch;
  }
}

training::Verdict Checkpointer::on_epoch_end(const training::EpochReport& /*report*/,
                                             const training::TrainingStatePtr& state) {
  latest_ = state;
  const std::chrono::duration<double> since = Clock::now() - written_at_;
  if (since.count() >= options_.interval) write();
  return training::Verdict::Continue;
}

void Checkpointer::write() {
  if (!latest_ || latest_->cursor.epoch == written_epoch_) return;
  // The model first: should the program end in between, the state is of an earlier epoch, and
  // resuming makes the same model again.
  if (latest_->best.epoch != written_best_epoch_) write_best(latest_->best);
  save_state(folder_ / "last.safetensors", *latest_);
  written_epoch_ = latest_->cursor.epoch;
  written_best_epoch_ = latest_->best.epoch;
  written_at_ = Clock::now();
}

void Checkpointer::write_best(const training::BestEpoch& best) {
  models::load_tensors(*exported_, best.model, "the best weights");
  formats::export_autoencoder(*exported_, folder_ / "best.pt", card_(best));
  if (options_.keep_best == 0) return;
  const fs::path kept = folder_ / fmt::format("best-epoch{}-{:.4f}.pt", best.epoch, best.monitored);
  write_file_atomically(kept, read_file(folder_ / "best.pt"));
  // A run that was killed between best.pt and its state writes the same file again.
  std::erase(kept_, kept);
  kept_.push_back(kept);
  while (std::ssize(kept_) > options_.keep_best) {
    fs::remove(kept_.front());
    kept_.pop_front();
  }
}

}  // namespace hourglass::runs
