#include "hourglass/figures/line_plot.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"

#include <algorithm>
#include <cmath>

namespace hourglass::figures {
namespace {

constexpr double kCurveWidth = 1.5 * kPoint;
constexpr size_t kMostNamesInside = 6;  // of a legend: a longer one would hide curves

void check_series(const std::vector<Series>& series) {
  if (series.empty()) throw Error("line plot: expected at least one series, found none");
  for (const auto& curve : series) {
    if (curve.x.size() != curve.y.size() || curve.x.empty()) {
      throw Error("line plot: expected as many y as x values in series '{}', found {} x and {} y",
                  curve.name, curve.x.size(), curve.y.size());
    }
  }
}

bool all_whole(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](double value) { return value == std::floor(value); });
}

/// The stretches of a curve between its gaps, as places in the picture.
std::vector<std::vector<Point>> stretches(const Series& curve, const PlotArea& area) {
  std::vector<std::vector<Point>> found(1);
  for (size_t i = 0; i < curve.x.size(); ++i) {
    const Point point = area.at(curve.x[i], curve.y[i]);
    if (std::isfinite(point.x) && std::isfinite(point.y)) {
      found.back().push_back(point);
    } else if (!found.back().empty()) {
      found.emplace_back();
    }
  }
  return found;
}

/// Points along the line, close enough that a legend between them would be noticed.
void add_points_along(const std::vector<Point>& line, std::vector<Point>& points) {
  constexpr double kSpacing = 8;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const Point from = line[i], to = line[i + 1];
    const int steps =
        std::max(1, static_cast<int>(std::hypot(to.x - from.x, to.y - from.y) / kSpacing));
    for (int step = 0; step < steps; ++step) {
      const double share = static_cast<double>(step) / steps;
      points.push_back({std::lerp(from.x, to.x, share), std::lerp(from.y, to.y, share)});
    }
  }
  if (!line.empty()) points.push_back(line.back());
}

}  // namespace

Picture line_plot(const std::vector<Series>& series, const LinePlotOptions& options) {
  check_series(series);
  std::vector<double> all_x, all_y;
  for (const auto& curve : series) {
    all_x.insert(all_x.end(), curve.x.begin(), curve.x.end());
    all_y.insert(all_y.end(), curve.y.begin(), curve.y.end());
  }
  Axis x = fit_axis(options.x_label, all_x);
  x.whole = all_whole(all_x);
  const Axis y =
      fit_axis(options.y_label, all_y, options.log_y ? Scale::Logarithmic : Scale::Linear);

  const std::vector<Color> colors = distinct_colors(series.size());
  const Legend legend(legend_entries(series, colors, Swatch::Line));
  const bool legend_beside = series.size() > kMostNamesInside;

  auto [canvas, content] = make_page(kPlotWidth, kPlotHeight, options.title);
  const double beside = legend_beside ? legend.width() + kGap : 0;
  const PlotArea area = draw_axes(canvas, content.without_right(beside), x, y);

  std::vector<Point> drawn;
  for (size_t i = 0; i < series.size(); ++i) {
    for (const auto& line : stretches(series[i], area)) {
      if (line.size() == 1) canvas.disc(line.front(), 1.5 * kCurveWidth, colors[i]);
      canvas.polyline(line, {.color = colors[i], .width = kCurveWidth});
      add_points_along(line, drawn);
    }
  }
  if (legend_beside) {
    legend.draw(canvas, {area.box.right() + kGap, area.box.y});
  } else {
    legend.draw_clear_of(canvas, area.box, drawn);
  }
  return canvas.take();
}

}  // namespace hourglass::figures
