#pragma once

#include "hourglass/formats/hdf5.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/keras.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// The steps from Keras' files to a `KerasModel`.

namespace hourglass::formats {

/// What was read from disk.
struct KerasArchive {
  nlohmann::json architecture;
  std::string architecture_file;  ///< for errors
  std::string weights;            ///< the bytes of an HDF5 file
  std::string weights_file;
};

/// Throws `Error` as `read_keras` does.
KerasArchive open_keras(const KerasFiles& files);

/// One layer of the chain.
struct KerasLayer {
  std::string type;         ///< "Conv2D"
  std::string name;         ///< "conv2d_1"
  nlohmann::json config;    ///< its settings
  std::string weights;      ///< the group of its weights: "layers/functional/layers/conv2d"
  std::string model;        ///< the models it is in, "encoder/inner"; empty: the outermost alone
  std::string description;  ///< for errors: "Conv2D 'conv2d_1'"
};

/// A model as the chain it is.
struct KerasChain {
  std::string name, loss;  ///< the loss that it was compiled with; empty: none, or an unknown one
  std::vector<KerasLayer> layers;
};

/// The layers in the order of computation. Throws `Error` where it is no chain.
KerasChain chain_of(const KerasArchive& archive);

/// One or no layer of ours, made of one of Keras'.
struct KerasPiece {
  /// What may happen to it: its values are functions of single values of the input, it only moves
  /// values or repeats them, it normalises, it has dense weights.
  enum class Kind { Elementwise, View, Norm, Dense, Repeat, Other };

  std::string layer, model;  ///< names, as of `KerasLayer`
  Kind kind = Kind::Other;
  std::string
      words;  ///< of `models::LayersNetwork`, without the activation; empty: nothing is done
  models::Activation activation = models::Activation::Linear;
  TensorMap tensors = {};
  Shape shape = {};  ///< of what it gives, in Keras' order of axes
  /// Of a vector whose values are in another order than Keras': int64 [values], the place here of
  /// each of Keras'. Undefined: the same order.
  at::Tensor order = {};

  bool has_weights() const { return !tensors.empty(); }
};

struct KerasPieces {
  Shape input;  ///< in Keras' order of axes
  std::vector<KerasPiece> pieces;
};

/// Reads settings and weights of all layers. Throws `Error` as `read_keras` does.
KerasPieces pieces_of(const KerasChain& chain, const KerasArchive& archive);

/// [H, W, C] -> [C, H, W]; others as they are.
Shape channels_first(const Shape& keras_shape);

}  // namespace hourglass::formats
