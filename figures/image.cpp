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

/// The colour of a value along a map in 256 steps.
class Coloring {
 public:
  Coloring(ColorMap map, const ValueRange& range)
      : table_(color_table(map)),
        not_a_number_(sample(map, std::nan(""))),
        low_(range.low),
        factor_(range.high > range.low ? 255 / (range.high - range.low) : 0) {}

  Color operator()(double value) const {
    const double step = factor_ * (value - low_);
    if (std::isnan(value)) return not_a_number_;
    return table_[static_cast<size_t>(std::lround(std::clamp(step, 0.0, 255.0)))];
  }

 private:
  const std::array<Color, 256>& table_;
  Color not_a_number_;
  double low_, factor_;
};

}  // namespace

ValueRange range_of(const at::Tensor& values) {
  const at::Tensor host = values.detach().to(at::kCPU, at::kFloat);
  const at::Tensor finite = host.masked_select(host.isfinite());
  if (finite.numel() == 0) return {};
  return {finite.min().item<double>(), finite.max().item<double>()};
}

ValueRange symmetric_range_of(const at::Tensor& values) {
  const ValueRange range = range_of(values);
  const double reach = std::max(std::abs(range.low), std::abs(range.high));
  return reach > 0 ? ValueRange{-reach, reach} : ValueRange{-1, 1};
}

Picture to_picture(const at::Tensor& image, ValueRange range, ColorMap map) {
  at::Tensor values = host_values(image, "image: expected [H, W] or [C, H, W]", {2, 3});
  if (values.dim() == 2) values = values.unsqueeze(0);
  const auto pixels = values.accessor<float, 3>();  // [C, H, W]
  const auto channels = drawn_channels(values);

  // Along Gray, red, green and blue are the same.
  const Coloring color(values.size(0) == 1 ? map : ColorMap::Gray, range);
  Picture picture(static_cast<int>(values.size(2)), static_cast<int>(values.size(1)));
  Color* pixel = picture.data();
  for (int64_t y = 0; y < values.size(1); ++y) {
    for (int64_t x = 0; x < values.size(2); ++x) {
      const auto value = [&](size_t drawn) { return pixels[channels[drawn]][y][x]; };
      *pixel++ = values.size(0) == 1
                     ? color(value(0))
                     : Color{color(value(0)).r, color(value(1)).g, color(value(2)).b};
    }
  }
  return picture;
}

}  // namespace hourglass::figures
