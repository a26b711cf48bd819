#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::models {

/// One row of the layer table.
struct LayerRow {
  std::string name;    ///< "encoder.dense1"
  std::string title;   ///< "Dense, relu"
  Shape output_shape;  ///< without the batch
  int64_t values = 0;  ///< parameters and running averages
};

struct ModelSummary {
  std::vector<LayerRow> layers;
  int64_t trainable = 0;  ///< parameters
  int64_t fixed = 0;      ///< running averages
  /// Of the layers' products when one item is reconstructed; what is no layer, flows and codebooks,
  /// is left out.
  int64_t multiply_adds = 0;
};

/// Runs the model once on zeros (in evaluation mode; the mode is restored).
ModelSummary summarize(Autoencoder& model);

/// The table as text, a line each layer and a total.
std::string to_text(const ModelSummary& summary);

}  // namespace hourglass::models
