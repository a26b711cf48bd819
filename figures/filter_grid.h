#pragma once

#include "hourglass/figures/image_grid.h"

#include <ATen/core/Tensor.h>

namespace hourglass::figures {

/// Learned weights as images, a tile a unit: [N, H, W] or [N, C, H, W] with up to four channels.
/// Each tile is scaled to its own largest absolute weight: white (grey in colour filters) is zero,
/// red positive, blue negative, as a bar tells. Throws `Error` on other shapes.
Picture filter_grid(const at::Tensor& filters, const ImageGridOptions& options = {});

}  // namespace hourglass::figures
