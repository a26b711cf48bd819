#pragma once

#include "hourglass/figures/colormap.h"
#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::figures {

/// One layer's output for one input, without the batch dimension.
struct ActivationMap {
  std::string name;  ///< "encoder.dense1"
  at::Tensor value;  ///< [D]; [T, F], a sequence; or [C, H, W]
};

struct ActivationOptions {
  std::string title;
  ColorMap map = ColorMap::Gray;
  bool around_zero = false;  ///< zero gets the middle colour: for gradients, along RedBlue
};

/// A heat map a layer, in reading order, with the layer's name, its shape and its scale: the values
/// of the first and the last colour, the smallest and the largest of the layer unless zero lies in
/// the middle. A vector is folded into rows (784 values
/// into 28 x 28), a sequence is a matrix with time downwards, channels are tiles beside each other.
/// Throws `Error` when there are no layers or a value has another shape.
Picture activation_maps(const std::vector<ActivationMap>& activations,
                        const ActivationOptions& options = {});

}  // namespace hourglass::figures
