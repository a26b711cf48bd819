#include "hourglass/figures/heat_overlay.h"

#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::figures {
namespace {

constexpr int kOverlaySide = 128;  // pixels: what is smaller shows no smooth heat

/// The map at another size, smooth.
at::Tensor stretch(const at::Tensor& map, int height, int width) {
  return at::upsample_bilinear2d(map.view({1, 1, map.size(0), map.size(1)}), {height, width},
                                 /*align_corners=*/false)
      .view({height, width});
}

}  // namespace

at::Tensor heat_overlay(const at::Tensor& image, const ValueRange& image_range,
                        const at::Tensor& heat, const HeatOptions& options) {
  const at::Tensor values = host_values(heat, "heat overlay: expected heat [h, w]", {2});
  const Picture below = to_picture(image, image_range);
  const int factor = std::max(1, kOverlaySide / std::max(below.height(), below.width()));
  const int height = factor * below.height(), width = factor * below.width();
  const Picture above = to_picture(stretch(values, height, width), options.range, options.map);

  // Tensor operations would start threads for each of these small images: that took most of the
  // time.
  at::Tensor mixed = at::empty({3, height, width}, at::kFloat);
  auto pixels = mixed.accessor<float, 3>();
  const auto share = static_cast<float>(options.opacity / 255),
             rest = static_cast<float>((1 - options.opacity) / 255);
  for (int y = 0; y < height; ++y) {
    const Color* under = below.data() + static_cast<ptrdiff_t>(y / factor) * below.width();
    const Color* over = above.data() + static_cast<ptrdiff_t>(y) * width;
    for (int x = 0; x < width; ++x) {
      const Color low = under[x / factor], high = over[x];
      pixels[0][y][x] = rest * static_cast<float>(low.r) + share * static_cast<float>(high.r);
      pixels[1][y][x] = rest * static_cast<float>(low.g) + share * static_cast<float>(high.g);
      pixels[2][y][x] = rest * static_cast<float>(low.b) + share * static_cast<float>(high.b);
    }
  }
  return mixed;
}

}  // namespace hourglass::figures
