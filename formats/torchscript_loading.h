#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <string>

namespace hourglass::formats {

/// The module of a TorchScript file, and the files beside it that `extra` names. Where
/// `check_torchscript_archive` has nothing against it, a file without our card, whose contents nobody
/// has vouched for, is loaded in a child process first: with a GiB and four times the file's size of
/// memory, a minute of the processor and a second for every 10 MB. Throws `Error` where it cannot
/// be loaded.
torch::jit::Module load_torchscript(const std::filesystem::path& path, at::Device device,
                                    torch::jit::ExtraFilesMap& extra);

/// The line of LibTorch's message that says what went wrong. TorchScript puts it behind traces of
/// the program; otherwise it comes first.
std::string libtorch_reason(std::string message);

}  // namespace hourglass::formats
