#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>

namespace hourglass::formats {

/// The archive of a module, and of extra files in it. Throws `std::bad_alloc` where memory is short for
/// it, and what LibTorch throws for a module that it cannot write.
std::string torchscript_bytes(const torch::jit::Module& module,
                              const torch::jit::ExtraFilesMap& files = {});

}  // namespace hourglass::formats
