#include "hourglass/formats/torchscript.h"

#include "hourglass/core/files.h"
#include "hourglass/formats/script.h"
#include "hourglass/formats/torchscript_bytes.h"

#include <torch/csrc/jit/serialization/import.h>

#include <sstream>
#include <utility>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;
namespace jit = torch::jit;

}  // namespace

/// By way of memory: LibTorch names a file's contents after the file, so that the same model had
/// other bytes under another name, and ends the program where the disk is full.
void write_torchscript(const Script& script, const fs::path& path) {
  jit::ExtraFilesMap files;
  if (script.card.is_known()) files["hourglass.json"] = card_text(script.card);
  std::istringstream bytes(torchscript_bytes(script.module, files));
  jit::Module loaded = jit::load(bytes);
  check_script(loaded, script.methods);
  write_file_atomically(path, bytes.view());
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

}  // namespace hourglass::formats
