#pragma once

#include <ATen/core/ivalue.h>

#include <filesystem>
#include <string>

namespace hourglass::formats {

/// A pickled value (numbers, texts, tensors, lists and dictionaries of them) in the form of Python's
/// `torch.save`. Unlike LibTorch's `pickle_save` it leaves out TorchScript's type tags, so that
/// `torch.load` opens it with its safe default, `weights_only=True`.
std::string pickle_bytes(const c10::IValue& value);

/// The same as a file, replaced in one step.
void write_pickle(const std::filesystem::path& path, const c10::IValue& value);

}  // namespace hourglass::formats
