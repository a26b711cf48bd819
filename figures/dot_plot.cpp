#include "hourglass/figures/dot_plot.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/page.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace hourglass::figures {
namespace {

constexpr double kRowHeight = 17 * kPoint;
constexpr double kDotPlotWidth = 300 * kPoint;  // of what is behind the names
constexpr double kLongestRowName = 280 * kPoint;

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept),
               [](double value) { return std::isfinite(value); });
  return kept;
}

/// The values of one row, at height `y` of the axis.
void draw_row(Canvas& canvas, const PlotArea& area, double y, const std::vector<double>& values,
              Color color) {
  if (values.size() > 1) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double mean =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    const Point at = area.at(mean, y);
    canvas.line(area.at(*low, y), area.at(*high, y), {.color = color, .width = 0.8 * kPoint});
    canvas.line({at.x, at.y - 0.3 * kRowHeight}, {at.x, at.y + 0.3 * kRowHeight},
                {.color = color, .width = 1.6 * kPoint});
  }
  const bool alone = values.size() == 1;
  for (const double value : values) {
    canvas.disc(area.at(value, y), (alone ? 3 : 2) * kPoint, color, alone ? 1 : 0.8);
  }
}

}  // namespace

Picture dot_plot(const std::vector<DotRow>& rows, const DotPlotOptions& options) {
  if (rows.empty()) throw Error("dot plot: expected at least one row, found none");
  std::vector<std::string> names;
  std::vector<double> all;
  double widest = 0;
  for (const auto& row : rows) {
    names.push_back(shorten_text(row.name, kSmallSize, kLongestRowName));
    widest = std::max(widest, text_width(names.back(), kSmallSize));
    const auto values = finite(row.values);
    all.insert(all.end(), values.begin(), values.end());
  }
  Axis y = named_axis("", names);
  std::swap(y.low, y.high);  // the first at the top
  const Axis x = fit_axis(options.x_label, all);

  const double height = (static_cast<double>(rows.size()) + 3) * kRowHeight;
  auto [canvas, content] = make_page(kDotPlotWidth + widest, height, options.title);
  const PlotArea area = draw_axes(canvas, content, x, y);
  const Color color = distinct_colors(1).front();
  for (size_t i = 0; i < rows.size(); ++i) {
    draw_row(canvas, area, static_cast<double>(i), finite(rows[i].values), color);
  }
  return canvas.take();
}

}  // namespace hourglass::figures
