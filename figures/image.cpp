#include "hourglass/figures/image.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace hourglass::figures {
namespace {

/// The channels that are drawn as red, green and blue.
std::array<int64_t, 3> drawn_channels(const at::Tensor& image) {
  switch (image.size(0)) {
    case 1: return {0, 0, 0};
    case 2: return {0, 1, 1};
    case 3:
    case 4: return {0, 1, 2};
    default:
      throw Error("image: expected one to four channels [C, H, W], found {}", shape_text(image));
  }
}

double share_of_range(float value, const ValueRange& range) {
  return range.high > range.low ? (value - range.low) / (range.high - range.low) : 0.0;
}

}  // namespace

Picture to_picture(const at::Tensor& image, ValueRange range, ColorMap map) {
  at::Tensor values = host_values(image, "image: expected [H, W] or [C, H, W]", {2, 3});
  if (values.dim() == 2) values = values.unsqueeze(0);
  const auto pixels = values.accessor<float, 3>();  // [C, H, W]
  const auto channels = drawn_channels(values);

  Picture picture(static_cast<int>(values.size(2)), static_cast<int>(values.size(1)));
  for (int64_t y = 0; y < values.size(1); ++y) {
    for (int64_t x = 0; x < values.size(2); ++x) {
      const auto share = [&](size_t color) {
        return share_of_range(pixels[channels[color]][y][x], range);
      };
      Color& pixel = picture.data()[y * values.size(2) + x];
      if (values.size(0) == 1) {
        pixel = sample(map, share(0));
      } else {
        // Along Gray, red, green and blue are the same.
        pixel = {sample(ColorMap::Gray, share(0)).r, sample(ColorMap::Gray, share(1)).g,
                 sample(ColorMap::Gray, share(2)).b};
      }
    }
  }
  return picture;
}

}  // namespace hourglass::figures
