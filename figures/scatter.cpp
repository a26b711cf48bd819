#include "hourglass/figures/scatter.h"

#include "hourglass/figures/axes.h"
#include "hourglass/figures/point_cloud.h"

namespace hourglass::figures {

Picture scatter(const at::Tensor& points, const ScatterOptions& options) {
  const PointCloud cloud = make_point_cloud("scatter", points, 2, options);
  constexpr double kWidth = 400 * kPoint, kHeight = 360 * kPoint;
  // The axis and its labels stand below the plot, beside which the key is.
  const CloudKey key(cloud, kHeight - 40 * kPoint);

  auto [canvas, content] = make_cloud_page(cloud, key, kWidth, kHeight, options.title);
  const PlotArea area =
      draw_axes(canvas, content, fit_axis(options.axis_labels[0], cloud.coordinates(0)),
                fit_axis(options.axis_labels[1], cloud.coordinates(1)), {.grid = Grid::None});
  for (const auto& point : cloud.points) {
    draw_marker(canvas, point.marker, area.at(point.place[0], point.place[1]), cloud.dot_radius,
                point.color, options.opacity);
  }
  key.draw(canvas, area.box);
  return canvas.take();
}

}  // namespace hourglass::figures
