#pragma once

#include "hourglass/models/activation.h"
#include "hourglass/models/convolution_layers.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::models {

// Layers in words, one after the other: "conv:32,3,relu; max-pool:2; flatten; dense:16".

/// One of them. What its kind does not have stays as it is here.
struct LayerWords {
  std::string text;            ///< as it was written: "conv:32,3,relu"
  std::string kind;            ///< "conv"
  std::vector<int64_t> sizes;  ///< 32, 3
  Activation activation = Activation::Linear;
  int64_t stride = 0;  ///< 0: the kind's own
  Padding padding = Padding::Same;
  bool bias = true;
  bool sequence = false;  ///< an LSTM gives its state after every step
  double number = 0;      ///< epsilon or slope
};

/// The layers of a text. Throws `UsageError` that names the option `field` and the layer, for a
/// text without layers, a kind that there is not, and what a kind does not take.
std::vector<LayerWords> parse_layer_list(const std::string& field, const std::string& text);

/// How all kinds are written, a text each: "dense:UNITS[,ACTIVATION]".
std::vector<std::string> layer_forms();

}  // namespace hourglass::models
