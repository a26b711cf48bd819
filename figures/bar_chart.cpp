#include "hourglass/figures/bar_chart.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"

#include <algorithm>
#include <cmath>

namespace hourglass::figures {
namespace {

constexpr double kGroupShare = 0.8;  // of a category's width that its bars take

void check_bars(const std::vector<std::string>& categories, const std::vector<BarSeries>& series) {
  if (categories.empty() || series.empty()) {
    throw Error("bar chart: expected categories and series, found {} and {}", categories.size(),
                series.size());
  }
  for (const auto& bars : series) {
    if (bars.values.size() != categories.size()) {
      throw Error("bar chart: expected {} values in series '{}', one a category, found {}",
                  categories.size(), bars.name, bars.values.size());
    }
  }
}

Axis height_axis(const std::string& label, const std::vector<BarSeries>& series) {
  std::vector<double> values = {0};  // bars stand on zero
  for (const auto& bars : series) {
    values.insert(values.end(), bars.values.begin(), bars.values.end());
  }
  Axis axis = fit_axis(label, values);
  const bool any_below = std::any_of(values.begin(), values.end(), [](double v) { return v < 0; });
  if (!any_below) axis.low = 0;
  return axis;
}

}  // namespace

Picture bar_chart(const std::vector<std::string>& categories, const std::vector<BarSeries>& series,
                  const BarChartOptions& options) {
  check_bars(categories, series);
  const std::vector<Color> colors = distinct_colors(series.size());
  const Legend legend(legend_entries(series, colors, Swatch::Patch));

  auto [canvas, content] =
      make_page(kPlotWidth + legend.width() + kGap, kPlotHeight, options.title);
  const PlotArea area =
      draw_axes(canvas, content.without_right(legend.width() + kGap), named_axis("", categories),
                height_axis(options.y_label, series), {.grid = Grid::Horizontal});
  legend.draw(canvas, {area.box.right() + kGap, area.box.y});

  const double bar_width = kGroupShare / static_cast<double>(series.size());
  for (size_t s = 0; s < series.size(); ++s) {
    for (size_t c = 0; c < categories.size(); ++c) {
      const double value = series[s].values[c];
      if (!std::isfinite(value)) continue;
      const double left =
          static_cast<double>(c) - kGroupShare / 2 + static_cast<double>(s) * bar_width;
      const Point from = area.at(left, std::max(value, 0.0)),
                  to = area.at(left + bar_width, std::min(value, 0.0));
      canvas.fill({from.x, from.y, to.x - from.x, to.y - from.y}, colors[s]);
      const std::string text = number_text(value);
      const double size = 7 * kPoint;
      if (text_width(text, size) <= to.x - from.x) {
        canvas.text(text, {(from.x + to.x) / 2, from.y - 0.3 * size},
                    {.size = size, .vertical = Vertical::Baseline});
      }
    }
  }
  return canvas.take();
}

}  // namespace hourglass::figures
