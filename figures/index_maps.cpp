#include "hourglass/figures/index_maps.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::figures {

ImageRow index_map_row(const std::string& label, const at::Tensor& indices, int64_t size) {
  const bool is_map = indices.dim() == 3, is_place = indices.dim() == 2 && indices.size(1) == 1;
  if (!is_map && !is_place) {
    throw Error("index maps: expected indices [N, h, w] or [N, 1], found {}", shape_text(indices));
  }
  const at::Tensor values = indices.to(at::kLong);  // whole: so are the marks of their bar
  // Neighbouring numbers have nothing in common: a map of many colours tells them apart.
  return {.label = label,
          .images = is_map ? values : values.unsqueeze(2),  // [N, h, w]
          .range = ValueRange{0, static_cast<double>(std::max<int64_t>(1, size - 1))},
          .map = ColorMap::NipySpectral};
}

}  // namespace hourglass::figures
