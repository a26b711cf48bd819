#pragma once

#include "hourglass/evaluation/exported_model.h"

#include <filesystem>

namespace hourglass::cli {

/// Loads a checkpoint. On the CPU, one that a variant of this program wrote is computed by the fused
/// engine's layers instead of the file's program: dense networks somewhat faster, those with
/// convolutions or LSTMs several times. Throws `Error` as `ExportedModel::load` does.
evaluation::ExportedModel load_model(const std::filesystem::path& path,
                                     at::Device device = at::kCPU);

}  // namespace hourglass::cli
