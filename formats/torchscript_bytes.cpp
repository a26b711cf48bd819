#include "hourglass/formats/torchscript_bytes.h"

#include <torch/csrc/jit/serialization/export.h>

#include <new>

namespace hourglass::formats {

std::string torchscript_bytes(const torch::jit::Module& module,
                              const torch::jit::ExtraFilesMap& files) {
  std::string bytes;
  bool fits = true;
  // LibTorch ends the program where it cannot write, so that all of it seems to fit until the end.
  const auto append = [&](const void* data, size_t count) {
    try {
      if (fits) bytes.append(static_cast<const char*>(data), count);
    } catch (const std::bad_alloc&) {
      fits = false;
    }
    return count;
  };
  torch::jit::ExportModule(module, append, files);
  if (!fits) throw std::bad_alloc();
  return bytes;
}

}  // namespace hourglass::formats
