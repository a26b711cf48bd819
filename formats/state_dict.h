#pragma once

#include "hourglass/core/named_tensor.h"

#include <filesystem>

namespace hourglass::formats {

/// The tensors that Python's `torch.save` wrote: `model.state_dict()`, or a checkpoint that has one
/// beside other things, and what `save_weights` writes. The file is parsed and never executed.
///
/// Of a checkpoint the part "state_dict", "model_state_dict" or "model" is taken, else all but what
/// an optimizer keeps. Dictionaries within are joined by dots: {"encoder": {"weight": …}} has
/// "encoder.weight". Tensors that share a storage still share it.
///
/// Safe for any bytes, in memory of the file's size: checksums hold, and sizes, strides and offsets
/// lie within the storages. Throws `Error` of one line for damaged files, those that hold objects
/// of other classes (which it names), no tensors, or numbers of a big-endian machine.
TensorMap read_state_dict(const std::filesystem::path& path);

}  // namespace hourglass::formats
