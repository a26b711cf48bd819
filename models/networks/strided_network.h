#pragma once

#include "hourglass/models/network.h"
#include "hourglass/models/widths.h"

#include <cstdint>
#include <vector>

namespace hourglass::models {

// The network of the Keras tutorial on variational autoencoders: four convolutions, the second of
// which halves the image, then dense layers; the decoder mirrors them with transposed convolutions.
//
//   encoder: conv 2×2, conv 2×2 / 2, conv 3×3, conv 3×3, flatten, dense layers
//   decoder: dense layers, reshape, deconv 3×3, deconv 3×3, deconv 3×3 / 2, conv 2×2

struct StridedNetwork {
  static constexpr const char* kName = "strided";
  static constexpr const char* kSummary = "convolutions, one with stride 2, then dense layers";

  int64_t filters = 64;
  Widths widths;
  std::vector<int64_t> most_widths = {128, 16};  ///< see `automatic_widths`
  Activation activation = Activation::Relu;

  void describe(FieldTable& table) {
    table.add("filters", filters, "channels of the convolutions").at_least(1);
    table
        .add("widths", widths,
             "widths of the dense layers behind the convolutions, then the code's (units); the "
             "decoder mirrors them" +
                 automatic_widths_help(most_widths))
        .shown_as("N,N,...");
    table.add("activation", activation, "of all layers but the code's and the last");
  }

  void check() const;
  void resolve(const ItemShapes& shapes) { resolve_widths(*this, shapes.input); }
  Activation last_activation() const { return Activation::Linear; }

  /// Images [C, H, W] and targets as large; throws `UsageError` for others.
  Network build(const NetworkRequest& request) const;
};

}  // namespace hourglass::models
