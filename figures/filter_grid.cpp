#include "hourglass/figures/filter_grid.h"

#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

namespace hourglass::figures {

Picture filter_grid(const at::Tensor& filters, const ImageGridOptions& options) {
  const at::Tensor values =
      host_values(filters, "filter grid: expected [N, H, W] or [N, C, H, W]", {3, 4});
  const at::Tensor largest = values.abs().flatten(1).amax(1);  // [N]
  std::vector<int64_t> one_a_filter(static_cast<size_t>(values.dim()), 1);
  one_a_filter[0] = -1;
  // A filter of nothing but zeros stays zero.
  const at::Tensor scaled = values / largest.clamp_min(1e-30).reshape(one_a_filter);
  ImageGridOptions look = options;
  if (values.dim() == 3 || values.size(1) == 1) {
    look.scales = {{.map = ColorMap::RedBlue,
                    .range = {-1, 1},
                    .label = "weight: each tile has a scale of its own",
                    .marks = {"−max", "0", "max"}}};
  }
  return image_grid({{.images = scaled, .range = ValueRange{-1, 1}, .map = ColorMap::RedBlue}},
                    look);
}

}  // namespace hourglass::figures
