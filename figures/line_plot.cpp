#include "hourglass/figures/line_plot.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace hourglass::figures {
namespace {

constexpr double kCurveWidth = 1.5 * kPoint;
// Round ends make a dash longer, and its gap shorter, by the curve's width.
constexpr double kDash = 3.5 * kPoint, kDashGap = 4 * kPoint;
constexpr double kPanelWidth = 230 * kPoint, kPanelHeight = 185 * kPoint;
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

/// The line cut into dashes, which go around its corners.
std::vector<std::vector<Point>> dashes_along(const std::vector<Point>& line) {
  std::vector<std::vector<Point>> dashes;
  bool drawing = true;
  double left = kDash;  // of the dash or gap that is begun
  std::vector<Point> dash = {line.front()};
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    Point from = line[i];
    const Point to = line[i + 1];
    double length = std::hypot(to.x - from.x, to.y - from.y);
    for (; length > left; left = drawing ? kDash : kDashGap) {
      const double share = left / length;
      from = {std::lerp(from.x, to.x, share), std::lerp(from.y, to.y, share)};
      length -= left;
      if (drawing) {
        dash.push_back(from);
        dashes.push_back(std::move(dash));
      }
      dash = {from};
      drawing = !drawing;
    }
    left -= length;
    if (drawing) dash.push_back(to);
  }
  if (drawing && dash.size() > 1) dashes.push_back(std::move(dash));
  return dashes;
}

/// The colour of each series.
std::vector<size_t> color_numbers(const std::vector<Series>& series) {
  std::vector<size_t> numbers;
  for (size_t i = 0; i < series.size(); ++i) numbers.push_back(series[i].color.value_or(i));
  return numbers;
}

/// Colours for all numbers that the panels' series have.
std::vector<Color> colors_for(const std::vector<LinePanel>& panels) {
  size_t most = 0;
  for (const auto& panel : panels) {
    for (const size_t number : color_numbers(panel.series)) most = std::max(most, number);
  }
  return distinct_colors(most + 1);
}

/// An entry a colour, under the name of the first series that has it, then the styles.
std::vector<LegendEntry> entries_for(const std::vector<LinePanel>& panels,
                                     const std::vector<Color>& colors,
                                     const LinePlotOptions& options) {
  std::map<size_t, LegendEntry> by_color;
  bool any_dashed = false;
  for (const auto& panel : panels) {
    const auto numbers = color_numbers(panel.series);
    for (size_t i = 0; i < numbers.size(); ++i) {
      by_color.try_emplace(numbers[i],
                           LegendEntry{panel.series[i].name, colors[numbers[i]], Swatch::Line});
      any_dashed = any_dashed || panel.series[i].style == LineStyle::Dashed;
    }
  }
  std::vector<LegendEntry> entries;
  entries.reserve(by_color.size());
  for (auto& entry : by_color) entries.push_back(std::move(entry.second));
  if (any_dashed && !options.dashed_name.empty()) {
    entries.push_back({options.solid_name, kFrameColor, Swatch::Line});
    entries.push_back({options.dashed_name, kFrameColor, Swatch::Dashes});
  }
  return entries;
}

/// Draws the axes, which fit the series, and the series; returns points along these.
std::vector<Point> draw_panel(Canvas& canvas, const Box& space, const LinePanel& panel,
                              const std::vector<Color>& colors, const LinePlotOptions& options,
                              Box& frame) {
  std::vector<double> all_x, all_y;
  for (const auto& curve : panel.series) {
    all_x.insert(all_x.end(), curve.x.begin(), curve.x.end());
    all_y.insert(all_y.end(), curve.y.begin(), curve.y.end());
  }
  Axis x = fit_axis(options.x_label, all_x);
  x.whole = all_whole(all_x);
  const Axis y = fit_axis(panel.y_label, all_y, options.log_y ? Scale::Logarithmic : Scale::Linear);
  const PlotArea area = draw_axes(canvas, space, x, y);
  frame = area.box;

  std::vector<Point> drawn;
  const auto numbers = color_numbers(panel.series);
  for (size_t i = 0; i < panel.series.size(); ++i) {
    const Stroke stroke = {.color = colors[numbers[i]], .width = kCurveWidth};
    for (const auto& line : stretches(panel.series[i], area)) {
      if (line.size() == 1) canvas.disc(line.front(), 1.5 * kCurveWidth, stroke.color);
      if (panel.series[i].style == LineStyle::Solid) {
        canvas.polyline(line, stroke);
      } else {
        for (const auto& dash : dashes_along(line)) canvas.polyline(dash, stroke);
      }
      add_points_along(line, drawn);
    }
  }
  return drawn;
}

/// Panels beside each other: up to three, then as many as below each other.
size_t columns_for(size_t panels) {
  if (panels <= 3) return panels;
  return static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(panels))));
}

}  // namespace

Picture line_plot(const std::vector<Series>& series, const LinePlotOptions& options) {
  check_series(series);
  const std::vector<LinePanel> panels = {{options.y_label, series}};
  const std::vector<Color> colors = colors_for(panels);
  const auto entries = entries_for(panels, colors, options);
  const Legend legend(entries);
  const bool legend_beside = entries.size() > kMostNamesInside;

  auto [canvas, content] = make_page(kPlotWidth, kPlotHeight, options.title);
  const double beside = legend_beside ? legend.width() + kGap : 0;
  Box frame;
  const auto drawn =
      draw_panel(canvas, content.without_right(beside), panels.front(), colors, options, frame);
  if (legend_beside) {
    legend.draw(canvas, {frame.right() + kGap, frame.y});
  } else {
    legend.draw_clear_of(canvas, frame, drawn);
  }
  return canvas.take();
}

Picture line_panels(const std::vector<LinePanel>& panels, const LinePlotOptions& options) {
  if (panels.empty()) throw Error("line panels: expected at least one, found none");
  for (const auto& panel : panels) check_series(panel.series);
  const std::vector<Color> colors = colors_for(panels);
  const Legend legend(entries_for(panels, colors, options));
  const size_t columns = columns_for(panels.size());
  const size_t rows = (panels.size() + columns - 1) / columns;
  const double width = static_cast<double>(columns) * (kPanelWidth + 2 * kGap) - 2 * kGap;
  const double height =
      std::max(legend.height(), static_cast<double>(rows) * (kPanelHeight + 2 * kGap) - 2 * kGap);

  auto [canvas, content] = make_page(width + 2 * kGap + legend.width(), height, options.title);
  Box frame;
  for (size_t i = 0; i < panels.size(); ++i) {
    const size_t column = i % columns, row = i / columns;
    const Box space = {content.x + static_cast<double>(column) * (kPanelWidth + 2 * kGap),
                       content.y + static_cast<double>(row) * (kPanelHeight + 2 * kGap),
                       kPanelWidth, kPanelHeight};
    draw_panel(canvas, space, panels[i], colors, options, frame);
  }
  legend.draw(canvas, {content.right() - legend.width(), content.y});
  return canvas.take();
}

}  // namespace hourglass::figures
