#pragma once

#include "hourglass/figures/image_grid.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace hourglass::figures {

/// Maps of whole numbers 0 … size − 1 as a row of an image grid, each number in a colour of its
/// own: [N, h, w] of any type, or [N, 1] for maps of one place. Throws `Error` on other shapes.
ImageRow index_map_row(const std::string& label, const at::Tensor& indices, int64_t size);

}  // namespace hourglass::figures
