#include "hourglass/figures/manifold.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/color_bar.h"
#include "hourglass/figures/page.h"
#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hourglass::figures {
namespace {

/// The coordinates to two digits behind the point, or to two significant ones where that would show
/// little.
Axis coordinate_axis(const std::string& label, const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  std::vector<std::string> names;
  names.reserve(values.size());
  for (const double value : values) {
    names.push_back(largest >= 0.1 && largest < 100 ? fixed_text(value, 2) : number_text(value, 2));
  }
  return named_axis(label, names);
}

}  // namespace

Picture manifold(const at::Tensor& images, const std::vector<double>& x_values,
                 const std::vector<double>& y_values, const ManifoldOptions& options) {
  host_values(images, "manifold: expected images [N, C, H, W] or [N, H, W]", {3, 4});
  const auto columns = static_cast<int64_t>(x_values.size()),
             rows = static_cast<int64_t>(y_values.size());
  if (images.size(0) != rows * columns) {
    throw Error("manifold: expected {} x {} images for as many coordinates, found {}", rows,
                columns, images.size(0));
  }

  // Tiles are enlarged by one whole factor, so that they have whole pixels.
  constexpr double kSide = 420 * kPoint;
  const auto height = static_cast<double>(images.size(-2)),
             width = static_cast<double>(images.size(-1));
  const double unscaled_side =
      std::max(height * static_cast<double>(rows), width * static_cast<double>(columns));
  const double factor = std::max(1.0, std::floor(kSide / unscaled_side));
  // Images of few pixels fill their tiles: without a gap none could be told from the next.
  const double gap = std::min(height, width) < 16 ? std::ceil(kPoint) : 0;
  const double tile_width = factor * width + gap, tile_height = factor * height + gap;
  const double plot_width = tile_width * static_cast<double>(columns);
  const double plot_height = tile_height * static_cast<double>(rows);

  const Axis x = coordinate_axis(options.x_label, x_values);
  Axis y = coordinate_axis(options.y_label + (options.downward ? " (downwards)" : " (upwards)"),
                           y_values);
  if (options.downward) std::swap(y.low, y.high);
  const AxesMargins margins = axes_margins(x, y);
  const bool has_bar = !is_gray(options.map) && (images.dim() == 3 || images.size(1) == 1);
  const ColorBar bar({.map = options.map, .range = options.range}, plot_height);
  auto [canvas, content] = make_page(margins.left + plot_width + (has_bar ? bar.width() : 0),
                                     plot_height + margins.bottom, options.title);
  const Box plot = {std::round(content.x + margins.left), content.y, plot_width, plot_height};
  draw_axes_around(canvas, plot, x, y, {.grid = Grid::None});
  for (int64_t i = 0; i < images.size(0); ++i) {
    const double left = plot.x + tile_width * static_cast<double>(i % columns);
    const int64_t row = i / columns, line = options.downward ? row : rows - 1 - row;
    const double top = plot.y + tile_height * static_cast<double>(line);
    canvas.image(to_picture(images[i], options.range, options.map),
                 {left, top, tile_width - gap, tile_height - gap});
  }
  if (has_bar) bar.draw(canvas, {plot.right(), plot.y});
  return canvas.take();
}

}  // namespace hourglass::figures
