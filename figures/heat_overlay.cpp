#include "hourglass/figures/heat_overlay.h"

#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::figures {
namespace {

constexpr int64_t kOverlaySide = 128;  // pixels: what is smaller shows no smooth heat

/// A picture's pixels as [3, H, W] with values 0 … 1.
at::Tensor to_rgb(const Picture& picture) {
  static_assert(sizeof(Color) == 3);
  const at::Tensor bytes = at::from_blob(const_cast<Color*>(picture.data()),
                                         {picture.height(), picture.width(), 3}, at::kByte);
  return bytes.permute({2, 0, 1}).to(at::kFloat).div(255);
}

}  // namespace

at::Tensor heat_overlay(const at::Tensor& image, const ValueRange& image_range,
                        const at::Tensor& heat, const HeatOptions& options) {
  const at::Tensor values = host_values(heat, "heat overlay: expected heat [h, w]", {2});
  const at::Tensor below = to_rgb(to_picture(image, image_range));
  const int64_t height = below.size(1), width = below.size(2);
  const int64_t factor = std::max<int64_t>(1, kOverlaySide / std::max(height, width));
  const std::vector<int64_t> sizes = {factor * height, factor * width};

  const at::Tensor stretched =
      at::upsample_bilinear2d(values.view({1, 1, values.size(0), values.size(1)}), sizes,
                              /*align_corners=*/false);
  const at::Tensor above = to_rgb(to_picture(stretched[0][0], options.range, options.map));
  const at::Tensor enlarged = at::upsample_nearest2d(below.unsqueeze(0), sizes)[0];
  return enlarged.mul(1 - options.opacity) + above.mul(options.opacity);
}

}  // namespace hourglass::figures
