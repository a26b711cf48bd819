#pragma once

#include "hourglass/core/text.h"
#include "hourglass/models/network.h"
#include "hourglass/models/networks/layer_list.h"

#include <string>

namespace hourglass::models {

// Any layers one after the other, in words:
//
//   --encoder "conv:16,3,relu; max-pool; conv:8,3,relu; flatten; dense:10"
//   --decoder "dense:1568,relu; reshape:8,14,14; upsample; conv:1,3"
//
// What each takes and gives follows from the item's shape. A vector [D] is what dense layers take,
// a sequence [T, F] what LSTM layers and, step by step, dense layers take, and a map [C, H, W] what
// all others take. The decoder's last layer gives the logits: the model's output activation comes
// behind it.

struct LayersNetwork {
  static constexpr const char* kName = "layers";
  static constexpr const char* kSummary = "any layers, in words";

  std::string encoder, decoder;

  void describe(FieldTable& table) {
    table
        .add("encoder", encoder,
             "layers from the item to the code, which is what the last one gives, separated by "
             "semicolons: " +
                 join_text(layer_forms(), "; "))
        .shown_as("LAYERS");
    table
        .add("decoder", decoder,
             "layers from the code to the item, the last without an activation; what it gives gets "
             "the item's shape")
        .shown_as("LAYERS");
  }

  void check() const;
  Activation last_activation() const;

  /// Throws `UsageError` that names the layer where it does not suit what the one before it gives,
  /// where the code is neither vector nor map, where heads are asked for and the code is not given
  /// by a linear dense or convolutional layer, which they take the place of, and where the decoder
  /// does not give as many values as the target has.
  Network build(const NetworkRequest& request) const;
};

}  // namespace hourglass::models
