#pragma once

#include "hourglass/models/network.h"

#include <cstdint>
#include <vector>

namespace hourglass::models {

// Convolutions and poolings (Masci et al. 2011, in the form of the Keras tutorials): the code is a
// small image of many channels.
//
// A sequence [T, F] is convolved over time alone, each step being a pixel of F channels.
//
//   encoder: [conv 3×3, ReLU, batch norm, 2×2 max pool] for each filter count
//   decoder: [conv 3×3, ReLU, batch norm, 2×2 upsampling] in reverse, then a conv to the target's channels

struct ConvolutionalNetwork {
  static constexpr const char* kName = "convolutional";
  static constexpr const char* kSummary = "convolutions and poolings; the code is a small image";

  std::vector<int64_t> filters = {16, 8};
  Activation activation = Activation::Relu;
  bool bias = false;

  void describe(FieldTable& table) {
    table
        .add("filters", filters,
             "channels after each convolution of the encoder, each followed by a pooling; the "
             "decoder mirrors them")
        .at_least(1);
    table.add("activation", activation, "of all convolutions but the last");
    table.add("bias", bias, "give the convolutions a bias");
  }

  void check() const;
  Activation last_activation() const { return Activation::Linear; }  // a batch norm is between

  /// Images [C, H, W], or sequences [T, F], of any size that all poolings can halve; input and target
  /// may differ in channels (features) alone. Throws `UsageError` naming the smallest size that works.
  Network build(const NetworkRequest& request) const;
};

}  // namespace hourglass::models
