#pragma once

#include "hourglass/training/trainer.h"

#include <filesystem>
#include <string>

namespace hourglass::runs {

/// Writes `last.safetensors`: all that resuming needs, exact to the bit, as named tensors and texts
/// of the header. docs/files.md lists both. `metrics_digest` is that of the rows of `metrics.csv`
/// up to the state (see metrics_file.h); empty: none.
void save_state(const std::filesystem::path& path, const training::TrainingState& state,
                const std::string& metrics_digest = "");

/// What such a file holds.
struct SavedState {
  training::TrainingState state;
  std::string metrics_digest;  ///< empty: none
};

/// Throws `Error` when the file is missing, damaged or of another kind.
SavedState load_saved_state(const std::filesystem::path& path);

/// The state alone.
training::TrainingState load_state(const std::filesystem::path& path);

}  // namespace hourglass::runs
