#include "hourglass/runs/resumption.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/state_file.h"

#include <fmt/format.h>

#include <memory>
#include <system_error>
#include <utility>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;

/// A state, or why it cannot be used.
struct Candidate {
  training::TrainingStatePtr state;
  std::string problem;
};

void check_metrics(const fs::path& path, const SavedState& saved) {
  const int64_t epochs = saved.state.cursor.epoch;
  if (saved.metrics_digest.empty() || epochs == 0) return;
  const std::string found = metrics_digest(path, epochs);
  if (found == saved.metrics_digest) return;
  throw Error(
      "{}: expected the rows of epochs 1 to {} as the run wrote them (SHA-256 {}…), found others "
      "({}…): the file is damaged or was changed; put a copy of it back",
      path.string(), epochs, saved.metrics_digest.substr(0, 12), found.substr(0, 12));
}

Candidate candidate(const fs::path& folder, const char* file) {
  if (!fs::exists(folder / file)) return {nullptr, (folder / file).string() + ": is missing"};
  try {
    SavedState saved = load_saved_state(folder / file);
    check_metrics(folder / "metrics.csv", saved);
    return {std::make_shared<training::TrainingState>(std::move(saved.state)), ""};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

}  // namespace

Resumption find_resumption(const fs::path& folder) {
  const bool has_previous = fs::exists(folder / kPreviousStateFile);
  if (!has_previous && !fs::exists(folder / kStateFile)) {
    return {.notes = {"no checkpoint was written yet: the run begins again"}};
  }
  const Candidate latest = candidate(folder, kStateFile);
  if (latest.state) return {.state = latest.state};
  const Candidate previous = has_previous ? candidate(folder, kPreviousStateFile) : Candidate();
  if (!previous.state) {
    throw Error("{}{}", latest.problem,
                has_previous ? "; the checkpoint before cannot be used either" : "");
  }
  return {.state = previous.state,
          .is_previous = true,
          .notes = {fmt::format("{}; the run goes on from the checkpoint before, of epoch {}",
                                latest.problem, previous.state->cursor.epoch)}};
}

void replace_state(const fs::path& folder, const training::TrainingState& state,
                   const std::string& metrics_digest) {
  const fs::path latest = folder / kStateFile, previous = folder / kPreviousStateFile;
  if (fs::exists(latest)) {
    // A second name of the same file, which keeps it when the first becomes another's. Where a file
    // system has no such names, there is no latest one for as long as the new one is written.
    std::error_code error;
    fs::remove(previous, error);
    fs::create_hard_link(latest, previous, error);
    if (error) fs::rename(latest, previous, error);
  }
  save_state(latest, state, metrics_digest);
}

void go_back_to_previous_state(const fs::path& folder) {
  write_file_atomically(folder / kStateFile, read_file(folder / kPreviousStateFile));
}

}  // namespace hourglass::runs
