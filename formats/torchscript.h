#pragma once

#include "hourglass/formats/card.h"
#include "hourglass/models/autoencoder.h"

#include <filesystem>

namespace hourglass::formats {

struct Script;

// A model as a program that runs wherever TorchScript runs (C++, Python, mobile), without this
// project's code.
//
// Exported files hold the parameters under their names, the methods below traced at any batch size,
// and the card as the extra file "hourglass.json", in which the exporter fills in what the model
// knows: shapes, the kind of code, the width of the condition, and the names of what `layers(x)`
// returns. The bytes are loaded again and compared with the model at
// another batch size before they become a file; `Error` is thrown when they differ. They depend on
// model and card alone. The model must be on the CPU; it is exported in evaluation mode.

/// A model in memory as such a file; see script.h.
void write_torchscript(const Script& script, const std::filesystem::path& path);

/// `forward(x)`, `encode(x)`, `decode(z)`, `layers(x)`, a tuple of every layer's output, and the model's extra methods.
void export_autoencoder(models::Autoencoder& model, const std::filesystem::path& path,
                        ModelCard card);

/// `forward(x)` is encode; the decoder is left out.
void export_encoder(models::Autoencoder& model, const std::filesystem::path& path, ModelCard card);

/// `forward(z)` is decode; the encoder is left out.
void export_decoder(models::Autoencoder& model, const std::filesystem::path& path, ModelCard card);

/// The card alone, as a file of its own.
void save_card(const models::Autoencoder& model, const std::filesystem::path& path,
               const ModelCard& card);

}  // namespace hourglass::formats
