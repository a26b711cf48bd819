#pragma once

#include "hourglass/figures/image.h"
#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::figures {

struct ManifoldOptions {
  std::string title;
  std::string x_label = "component 1", y_label = "component 2";
  ValueRange range;  ///< of the pixels
};

/// What a decoder makes of a grid of codes: the images touch each other (those of fewer than 16
/// pixels nearly) and show how one turns into the next. `x_values` are the first coordinates, column by column, `y_values` the second, row by
/// row and growing downwards; `images` [rows · columns, C, H, W] or [rows · columns, H, W] hold one
/// row after the other. Throws `Error` on other shapes.
Picture manifold(const at::Tensor& images, const std::vector<double>& x_values,
                 const std::vector<double>& y_values, const ManifoldOptions& options = {});

}  // namespace hourglass::figures
