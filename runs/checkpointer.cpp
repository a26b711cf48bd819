#include "hourglass/runs/checkpointer.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/exports.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/formats/torchscript_archive.h"
#include "hourglass/formats/zip.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/resumption.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "best.pt";
constexpr const char* kArchiveFile = "best.pt2";
constexpr std::string_view kKeptPrefix = "best-epoch";

std::string kept_name(int64_t epoch, double monitored) {
  return fmt::format("{}{}-{:.4f}.pt", kKeptPrefix, epoch, monitored);
}

/// The epoch of a kept file; none for other files, whose owner may have named them much alike.
std::optional<int64_t> kept_epoch(const fs::directory_entry& entry) {
  const std::string name = entry.path().stem();
  if (!name.starts_with(kKeptPrefix) || !fs::is_regular_file(entry.symlink_status())) return {};
  const size_t begin = kKeptPrefix.size(), dash = std::min(name.find('-', begin), name.size() - 1);
  const auto epoch = parse_integer(name.substr(begin, dash - begin));
  const auto monitored = parse_double(name.substr(dash + 1));
  const bool is_ours =
      epoch && monitored && kept_name(*epoch, *monitored) == entry.path().filename();
  return is_ours ? epoch : std::nullopt;
}

/// The files of best epochs up to that one, oldest first: a resumed run goes on counting them.
/// Later ones are of epochs that it trains again.
std::deque<fs::path> kept_files(const fs::path& folder, int64_t last_epoch) {
  std::map<int64_t, fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto epoch = kept_epoch(entry);
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
                           std::shared_ptr<MetricsFile> metrics,
                           const training::TrainingStatePtr& written)
    : folder_(std::move(folder)),
      exported_(std::move(exported)),
      options_(options),
      card_(std::move(card)),
      metrics_(std::move(metrics)),
      latest_(written) {
  if (!written) return;
  written_step_ = written->cursor.step;
  written_best_epoch_ = written->best.epoch;
  if (options_.keep_best > 0) kept_ = kept_files(folder_, written->cursor.epoch);
  if (written->best.epoch > 0) repair_model();
}

/// The state has the best weights, too. A program that was killed before it wrote the state has
/// left the model of a later epoch; that is nothing to note.
void Checkpointer::repair_model() {
  const fs::path path = folder_ / kModelFile, archive = folder_ / kArchiveFile;
  bool is_there = false;
  try {
    const auto trained = formats::torchscript_card(path).trained;
    is_there = fs::exists(archive) && trained && trained->epoch == latest_->best.epoch;
    if (is_there) formats::verify_zip(archive);
  } catch (const Error& error) {
    is_there = false;
    note_ = fmt::format("{}; made again from {}", error.what(), kStateFile);
  }
  if (!is_there) export_model(latest_->best, path);
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
  if (latest_->best.epoch != written_best_epoch_) export_model(latest_->best, folder_ / kModelFile);
  write_kept();
  replace_state(folder_, *latest_, metrics_ ? metrics_->flush(latest_->cursor.epoch) : "");
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
  const fs::path path = folder_ / kArchiveFile;
  try {
    formats::write_pt2(script, path);
  } catch (const Error& error) {
    fs::remove(path);
    if (!std::exchange(has_told_, true)) fmt::print(stderr, "no best.pt2: {}\n", error.what());
  }
}

void Checkpointer::write_kept() {
  for (const auto& best : waiting_) {
    const fs::path path = folder_ / kept_name(best.epoch, best.monitored);
    if (best.epoch == latest_->best.epoch) {
      write_file_atomically(path, read_file(folder_ / kModelFile));
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
