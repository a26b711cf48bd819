#include "hourglass/runs/checkpointer.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/exports.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/state_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeptPrefix = "best-epoch";

/// The epoch of a kept file; none for other files.
std::optional<int64_t> kept_epoch(const fs::path& path) {
  const std::string name = path.filename();
  if (!name.starts_with(kKeptPrefix)) return {};
  const size_t begin = kKeptPrefix.size();
  return parse_integer(name.substr(begin, name.find('-', begin) - begin));
}

/// The files of best epochs up to that one, oldest first: a resumed run goes on counting them.
/// Later ones are of epochs that it trains again.
std::deque<fs::path> kept_files(const fs::path& folder, int64_t last_epoch) {
  std::map<int64_t, fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto epoch = kept_epoch(entry.path());
    if (!epoch) continue;
    if (*epoch > last_epoch) {
      fs::remove(entry.path());
    } else {
      found[*epoch] = entry.path();
    }
  }
  std::deque<fs::path> paths;
  for (auto& [epoch, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace

Checkpointer::Checkpointer(fs::path folder, models::AutoencoderPtr exported,
                           CheckpointOptions options, CardOf card,
                           const training::TrainingStatePtr& written)
    : folder_(std::move(folder)),
      exported_(std::move(exported)),
      options_(options),
      card_(std::move(card)) {
  if (!written) return;
  written_step_ = written->cursor.step;
  written_best_epoch_ = written->best.epoch;
  if (options_.keep_best > 0) kept_ = kept_files(folder_, written->cursor.epoch);
}

bool Checkpointer::wants_state() {
  return options_.interval > 0 && since_written_.seconds() >= options_.interval;
}

void Checkpointer::on_state(const training::TrainingStatePtr& state) {
  latest_ = state;
  if (wants_state()) write();
}

training::Verdict Checkpointer::on_epoch_end(const training::EpochReport& report,
                                             const training::TrainingStatePtr& state) {
  latest_ = state;
  // Snapshots share their tensors with the state: all but the last are kept alive for this alone.
  if (report.improved && options_.keep_best > 0) waiting_.push_back(state->best);
  if (std::ssize(waiting_) > options_.keep_best) waiting_.pop_front();
  if (since_written_.seconds() >= options_.interval) write();
  return training::Verdict::Continue;
}

void Checkpointer::write() {
  if (!latest_ || latest_->cursor.step == written_step_) return;
  // The models first: should the program end in between, the state is of an earlier epoch, and
  // resuming makes the same models again.
  if (latest_->best.epoch != written_best_epoch_) export_model(latest_->best, folder_ / "best.pt");
  write_kept();
  save_state(folder_ / "last.safetensors", *latest_);
  remove_surplus();
  written_step_ = latest_->cursor.step;
  written_best_epoch_ = latest_->best.epoch;
  since_written_.restart();
}

void Checkpointer::export_model(const training::BestEpoch& best, const fs::path& path) {
  models::load_tensors(*exported_, best.model, "the best weights");
  const formats::Script script = formats::script_of(*exported_, card_(best));
  formats::write_torchscript(script, path);
  if (best.epoch == latest_->best.epoch) write_archive(script);
}

/// Not every model of a program's own can be told in operations: such a run has no best.pt2.
void Checkpointer::write_archive(const formats::Script& script) {
  const fs::path path = folder_ / "best.pt2";
  try {
    formats::write_pt2(script, path);
  } catch (const Error& error) {
    fs::remove(path);
    if (!std::exchange(has_told_, true)) fmt::print(stderr, "no best.pt2: {}\n", error.what());
  }
}

void Checkpointer::write_kept() {
  for (const auto& best : waiting_) {
    const fs::path path =
        folder_ / fmt::format("{}{}-{:.4f}.pt", kKeptPrefix, best.epoch, best.monitored);
    if (best.epoch == latest_->best.epoch) {
      write_file_atomically(path, read_file(folder_ / "best.pt"));
    } else {
      export_model(best, path);
    }
    kept_.push_back(path);
  }
  waiting_.clear();
}

void Checkpointer::remove_surplus() {
  while (std::ssize(kept_) > options_.keep_best) {
    fs::remove(kept_.front());
    kept_.pop_front();
  }
}

}  // namespace hourglass::runs
