#pragma once

#include "hourglass/core/named_tensor.h"
#include "hourglass/formats/card.h"

#include <filesystem>

namespace hourglass::formats {

// A model as data: its tensors by name in NAME.safetensors, and its card, which says how to build
// it. Reading them runs no code of theirs, and Python's `safetensors` reads them, too.

struct ModelTensors {
  ModelCard card;
  TensorMap tensors;  ///< parameters and buffers, "encoder.dense1.weight"
};

/// Writes the tensors as `path` and the card as card.json beside it. The file's metadata has the
/// card, too (as `hourglass.json`), so that it suffices alone; `format` ("pt", the sign of
/// PyTorch's names and shapes), `hourglass_format` and `variant`. What is to be written is parsed
/// and compared with the model first. Throws `Error` as `write_safetensors` does, and where that
/// gives another model or none.
void write_model_tensors(const std::filesystem::path& path, const ModelTensors& model);

/// The inverse. Other programs drop the metadata when they change tensors: card.json beside the file
/// is taken then. Throws `Error` as `read_safetensors` and `parse_card` do, and where there is no
/// card, or the file is the state of a run.
ModelTensors read_model_tensors(const std::filesystem::path& path);

}  // namespace hourglass::formats
