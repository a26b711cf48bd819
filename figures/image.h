#pragma once

#include "hourglass/core/value_range.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

namespace hourglass::figures {

// A ValueRange is that of the values drawn as the first and as the last colour of a map; what lies
// outside is clamped.

/// The smallest and the largest finite value of the tensor; {0, 1} where it holds none.
ValueRange range_of(const at::Tensor& values);

/// The same distance to both sides of zero, so that zero takes the middle colour.
ValueRange symmetric_range_of(const at::Tensor& values);

/// One image, a pixel a value: [H, W] or [C, H, W]. One channel is drawn with `map`; three are red,
/// green and blue; a fourth (opacity) is left out; two are drawn as red and cyan, so that equal
/// ones give grey. NaN gives magenta. Throws `Error` on other shapes.
Picture to_picture(const at::Tensor& image, ValueRange range = {}, ColorMap map = ColorMap::Gray);

}  // namespace hourglass::figures
