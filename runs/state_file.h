#pragma once

#include "hourglass/training/trainer.h"

#include <filesystem>

namespace hourglass::runs {

/// Writes `last.pt`: all that resuming needs, exact to the bit. The file is a pickled dictionary
/// that Python's `torch.load` reads too; docs/files.md lists its entries.
void save_state(const std::filesystem::path& path, const training::TrainingState& state);

/// Throws `Error` when the file is missing, damaged or of another kind.
training::TrainingState load_state(const std::filesystem::path& path);

}  // namespace hourglass::runs
