#include "hourglass/formats/torchscript_loading.h"

#include "hourglass/core/child_process.h"
#include "hourglass/core/error.h"
#include "hourglass/formats/torchscript_archive.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <exception>
#include <string_view>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;
namespace jit = torch::jit;

ChildLimits limits_for(int64_t file_size) {
  return {.bytes = (int64_t{1} << 30) + 4 * file_size, .seconds = 60 + file_size / 10'000'000};
}

[[noreturn]] void refuse(const fs::path& path, const std::string& message) {
  throw Error(
      "{}: expected a TorchScript file, found one that is damaged or of a version that "
      "this LibTorch cannot read ({})",
      path.string(), libtorch_reason(message));
}

void try_in_child(const fs::path& path) {
  const auto load = [&] {
    at::set_num_threads(1);  // the others stayed with the parent
    jit::load(path.string(), at::kCPU);
  };
  const ChildLimits limits = limits_for(static_cast<int64_t>(fs::file_size(path)));
  const ChildEnd end = end_in_child(load, limits);
  if (end.crashed) {
    throw Error(
        "{}: expected a TorchScript file, found one that makes LibTorch crash, or compute for more "
        "than {} seconds, when it is loaded",
        path.string(), limits.seconds);
  }
  if (!end.error.empty()) refuse(path, end.error);
}

}  // namespace

jit::Module load_torchscript(const fs::path& path, at::Device device, jit::ExtraFilesMap& extra) {
  check_torchscript_archive(path);
  if (!has_card(path)) try_in_child(path);
  try {
    return jit::load(path.string(), device, extra);
  } catch (const std::exception& error) {
    refuse(path, error.what());
  }
}

std::string libtorch_reason(std::string message) {
  for (const std::string_view end : {"(most recent call last):\n", "<--- HERE\n"}) {
    if (const size_t found = message.rfind(end); found != std::string::npos) {
      message.erase(0, found + end.size());
    }
  }
  // Lines of the program may follow the place.
  if (const size_t found = message.rfind("\nRuntimeError: "); found != std::string::npos) {
    message.erase(0, found);
  }
  message.erase(0, message.find_first_not_of(" \t\n"));
  message.resize(std::min(message.find('\n'), message.size()));
  // "RuntimeError: mat1 and …", "[enforce fail at inline_container.cc:372] . PytorchStream…"
  const size_t type = message.find("Error: ");
  if (type < message.find(' ')) message.erase(0, type + 7);
  const size_t place = message.find("] . ");
  if (message.starts_with('[') && place != std::string::npos) message.erase(0, place + 4);
  return message;
}

}  // namespace hourglass::formats
