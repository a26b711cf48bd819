#pragma once

#include "hourglass/formats/json.h"
#include "hourglass/formats/model_files.h"

#include <filesystem>

namespace hourglass::formats {

// A sparse autoencoder as SAELens 6 keeps it (github.com/decoderesearch/SAELens, SAE.load_from_disk): a
// folder of cfg.json, which names the architecture, and sae_weights.safetensors, W_enc [d_in, d_sae],
// W_dec [d_sae, d_in], b_enc, b_dec and what else the architecture has.
//
// What is folded into the weights on the way, as SAELens does before it saves: the scaling of the
// data, so that the folder takes values as they are stored; where units were chosen by their values
// times the lengths of their vectors, these lengths, so that all vectors have length 1. Codes are
// those of `encode` times the lengths then, and reconstructions the same. A code chosen from batches
// becomes "jumprelu" with the threshold that training tracked.

// The map's move is said to throw, which it does not.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct SaeLensModel {
  nlohmann::json configuration;
  TensorMap weights;
};

/// Whether the card is of a dictionary, which SAELens has a form for.
bool is_saelens_model(const ModelCard& card);

/// Throws `Error` where the card's `sparsity` is none of a dictionary, or the data's scaling is
/// more than one factor for all values.
void check_saelens(const ModelCard& card);

/// Throws `Error` as `check_saelens` does.
SaeLensModel saelens_model(const ModelTensors& model);

/// Writes cfg.json and sae_weights.safetensors into the folder.
void write_saelens(const std::filesystem::path& folder, const ModelTensors& model);

}  // namespace hourglass::formats
