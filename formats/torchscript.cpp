#include "hourglass/formats/torchscript.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/pickle_file.h"
#include "hourglass/formats/script.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/serialization/import.h>

#include <string>
#include <utility>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;
namespace jit = torch::jit;

/// The tensors of a dictionary written by `save_weights`, or of a TorchScript module.
TensorMap read_tensors(const fs::path& path) {
  const size_t size =
      read_file(path).size();  // for the reason, when the file cannot be read at all
  TensorMap tensors;
  try {
    for (const auto& entry : read_pickle(path).toGenericDict()) {
      tensors[entry.key().toStringRef()] = entry.value().toTensor();
    }
    return tensors;
  } catch (const std::exception&) {  // not a dictionary: a module then
  }
  try {
    const jit::Module script = jit::load(path.string(), at::kCPU);
    for (const auto& entry : script.named_parameters()) tensors[entry.name] = entry.value;
    for (const auto& entry : script.named_buffers()) tensors[entry.name] = entry.value;
    return tensors;
  } catch (const std::exception&) {  // LibTorch's message is pages long
    throw Error(
        "{}: expected a TorchScript file or saved weights, found {} bytes of something else",
        path.string(), size);
  }
}

}  // namespace

void write_torchscript(const Script& script, const fs::path& path) {
  write_file_atomically(path, [&](const fs::path& temporary) {
    script.module.save(temporary.string(), {{"hourglass.json", card_text(script.card)}});
    jit::Module loaded = jit::load(temporary.string());
    check_script(loaded, script.methods);
  });
}

void export_autoencoder(models::Autoencoder& model, const fs::path& path, ModelCard card) {
  write_torchscript(script_of(model, std::move(card)), path);
}

void export_encoder(models::Autoencoder& model, const fs::path& path, ModelCard card) {
  write_torchscript(encoder_script_of(model, std::move(card)), path);
}

void export_decoder(models::Autoencoder& model, const fs::path& path, ModelCard card) {
  write_torchscript(decoder_script_of(model, std::move(card)), path);
}

void save_card(const models::Autoencoder& model, const fs::path& path, const ModelCard& card) {
  write_file_atomically(path, card_text(completed_card(model, card)) + "\n");
}

void save_weights(const torch::nn::Module& model, const fs::path& path) {
  c10::Dict<std::string, at::Tensor> dictionary;
  for (const auto& [name, tensor] : models::copied_tensors(model)) dictionary.insert(name, tensor);
  write_pickle(path, dictionary);
}

void load_weights(torch::nn::Module& model, const fs::path& path) {
  models::load_tensors(model, read_tensors(path), path.string());
}

}  // namespace hourglass::formats
