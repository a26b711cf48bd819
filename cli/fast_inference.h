#pragma once

#include "hourglass/evaluation/exported_model.h"

#include <filesystem>

namespace hourglass::cli {

/// Loads a checkpoint: a TorchScript file, or a model's tensors (see model_files.h), of which the
/// model is built again and behaves like its TorchScript file. On the CPU, one of a variant of this
/// program is computed by the fused engine's layers instead of TorchScript: dense networks somewhat
/// faster, those with convolutions or LSTMs several times. Throws `Error` as `ExportedModel::load` and
/// `read_model_tensors` do, and for tensors of a variant that this program does not have.
evaluation::ExportedModel load_model(const std::filesystem::path& path,
                                     at::Device device = at::kCPU);

}  // namespace hourglass::cli
