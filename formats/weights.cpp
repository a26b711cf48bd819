#include "hourglass/formats/weights.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/formats/pickle_file.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/formats/state_dict.h"
#include "hourglass/formats/torchscript_loading.h"
#include "hourglass/models/tensors.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

/// What wrappers put before all names: of several processes, of torch.compile, of a trainer's class.
constexpr std::string_view kWrappers[] = {"module.", "_orig_mod.", "model.", "autoencoder."};

TensorMap torchscript_tensors(const fs::path& path) {
  torch::jit::ExtraFilesMap extra;
  const torch::jit::Module script = load_torchscript(path, at::kCPU, extra);
  TensorMap tensors;
  for (const auto& entry : script.named_parameters()) tensors[entry.name] = entry.value;
  for (const auto& entry : script.named_buffers()) tensors[entry.name] = entry.value;
  return tensors;
}

bool all_start_with(const TensorMap& tensors, std::string_view beginning) {
  return std::all_of(tensors.begin(), tensors.end(),
                     [&](const auto& entry) { return entry.first.starts_with(beginning); });
}

TensorMap without_beginning(const TensorMap& tensors, std::string_view beginning) {
  TensorMap shorter;
  for (const auto& [name, tensor] : tensors) shorter[name.substr(beginning.size())] = tensor;
  return shorter;
}

/// Of a run's state (docs/files.md), the best epoch, which is the last where it is not there apart.
TensorMap state_tensors(const TensorMap& tensors) {
  for (const std::string beginning : {"best/", "model/"}) {
    TensorMap part;
    for (const auto& [name, tensor] : tensors) {
      if (name.starts_with(beginning)) part[name.substr(beginning.size())] = tensor;
    }
    if (!part.empty()) return part;
  }
  return tensors;
}

TensorMap safetensors_tensors(const fs::path& path) {
  const TensorFile file = read_safetensors(path);
  TensorMap tensors;
  for (const auto& [name, tensor] : file.tensors) tensors[name] = tensor;
  const auto kind = file.metadata.find("kind");
  const bool is_state = kind != file.metadata.end() && kind->second == "hourglass training state";
  return is_state ? state_tensors(tensors) : tensors;
}

TensorMap unwrapped(TensorMap tensors, const TensorMap& own) {
  const auto applies = [&](std::string_view beginning) {
    return !tensors.empty() && all_start_with(tensors, beginning) &&
           !all_start_with(own, beginning);
  };
  for (;;) {
    const auto* found = std::find_if(std::begin(kWrappers), std::end(kWrappers), applies);
    if (found == std::end(kWrappers)) return tensors;
    tensors = without_beginning(tensors, *found);
  }
}

}  // namespace

void save_weights(const torch::nn::Module& model, const fs::path& path) {
  c10::Dict<std::string, at::Tensor> dictionary;
  for (const auto& [name, tensor] : models::copied_tensors(model)) dictionary.insert(name, tensor);
  write_pickle(path, dictionary);
}

TensorMap read_weights(const fs::path& path) {
  const FileKind kind = file_kind(path);
  switch (kind) {
    case FileKind::TorchScript: return torchscript_tensors(path);
    case FileKind::StateDictionary: return read_state_dict(path);
    case FileKind::Safetensors: return safetensors_tensors(path);
    default: break;
  }
  const bool is_old = kind == FileKind::BarePickle || kind == FileKind::Tar;
  throw Error(
      "{}: expected weights (TorchScript, torch.save of a state dictionary, safetensors), found "
      "{}{}",
      path.string(), kind_text(path, kind),
      is_old ? " of an old torch.save: in Python, load it and torch.save(model.state_dict(), ...) "
               "again"
             : "");
}

void load_weights(torch::nn::Module& model, const fs::path& path) {
  models::load_tensors(model, unwrapped(read_weights(path), models::named_tensors(model)),
                       path.string());
}

}  // namespace hourglass::formats
