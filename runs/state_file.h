#pragma once

#include "hourglass/training/trainer.h"

#include <filesystem>

namespace hourglass::runs {

/// Writes `last.safetensors`: all that resuming needs, exact to the bit, as named tensors and texts
/// of the header. docs/files.md lists both.
void save_state(const std::filesystem::path& path, const training::TrainingState& state);

/// Throws `Error` when the file is missing, damaged or of another kind.
training::TrainingState load_state(const std::filesystem::path& path);

}  // namespace hourglass::runs
