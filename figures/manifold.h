#pragma once

#include "hourglass/figures/image.h"
#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::figures {

struct ManifoldOptions {
  std::string title;
  std::string x_label = "component 0", y_label = "component 1";
  ValueRange range;               ///< of the pixels
  ColorMap map = ColorMap::Gray;  ///< of images of one channel; others than grey get a bar
  bool downward = false;          ///< the second coordinate grows downwards, as rows of a page
};

/// What a decoder makes of a grid of codes: the images touch each other (those of fewer than 16
/// pixels nearly) and show how one turns into the next. `x_values` are the first coordinates,
/// column by column, and grow to the right; `y_values` the second, row by row, and grow upwards, as
/// in a scatter plot, unless `downward`; the label of their axis says which. `images` [rows ·
/// columns, C, H, W] or [rows · columns, H, W] hold one row after the other. Throws `Error` on
/// other shapes.
Picture manifold(const at::Tensor& images, const std::vector<double>& x_values,
                 const std::vector<double>& y_values, const ManifoldOptions& options = {});

}  // namespace hourglass::figures
