#pragma once

#include "hourglass/figures/colormap.h"
#include "hourglass/figures/image.h"

#include <ATen/core/Tensor.h>

namespace hourglass::figures {

struct HeatOptions {
  ValueRange range;  ///< of the heat
  ColorMap map = ColorMap::Viridis;
  double opacity = 0.6;  ///< of the heat over the image
};

/// What a layer saw where: its map, stretched to the image's size, laid over the image.
///
/// `image` is [H, W] or [C, H, W] as in `to_picture`, with the values of `image_range`; `heat` is
/// [h, w] of any size. Returns [3, k·H, k·W] with values 0 … 1, a whole factor k larger where the
/// image is small: its pixels stay square, the heat is smooth (bilinear). Throws `Error` on other
/// shapes.
at::Tensor heat_overlay(const at::Tensor& image, const ValueRange& image_range,
                        const at::Tensor& heat, const HeatOptions& options = {});

}  // namespace hourglass::figures
