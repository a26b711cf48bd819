#pragma once

#include "hourglass/core/named_tensor.h"
#include "hourglass/models/autoencoder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::formats {

// Models that Keras 3 has saved, as layers of the network `layers`
// (models/networks/layers_network.h).
//
// Maps are [C, H, W] here and [H, W, C] in Keras. Kernels are turned accordingly, and so are the
// weights of dense layers on either side of a Flatten or Reshape between a map and a vector: where
// the code is a map, and of inputs and outputs that are maps, the axes are another order than in
// Keras, and nothing else differs.

struct KerasFiles {
  std::filesystem::path model;         ///< a .keras archive, or what `model.to_json()` gives
  std::filesystem::path weights = {};  ///< a .weights.h5 file; empty: those of the archive
  /// The layer or model within the model that gives the code. Empty: the first model within it, or
  /// else the first of the layers that give the fewest values.
  std::string code = {};
};

/// A layer's tensors under the names that our layer has for them.
struct KerasWeights {
  std::string layer;  ///< as Keras calls it
  TensorMap tensors;
};

struct KerasModel {
  std::string name;
  std::string variant;           ///< "dense", "convolutional" or "lstm", by what it is made of
  std::string encoder, decoder;  ///< the options of `models::LayersNetwork`
  models::Likelihood likelihood;
  models::ItemShapes shapes;
  std::vector<KerasWeights> encoder_weights,
      decoder_weights;  ///< of layers that have any, in order
};

/// Reads a model that is one chain of layers, in Sequential and Functional models within one
/// another. Throws `Error` of one line for files that are damaged or of another kind, for a layer
/// or a setting that is not known here, which it names, for weights that are missing or of another
/// shape, and where no layer is called as `code` says or there are no weights on both sides of it.
KerasModel read_keras(const KerasFiles& files);

/// The weights by their names in a model that was built of these options.
TensorMap named_weights(const KerasModel& keras, const models::ModelPlan& plan);

}  // namespace hourglass::formats
