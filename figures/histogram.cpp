#include "hourglass/figures/histogram.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"
#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass::figures {
namespace {

/// The group's finite values, sorted.
std::vector<double> finite_values(const HistogramGroup& group) {
  const at::Tensor values = host_values(
      group.values, fmt::format("histogram: expected values [N] of group '{}'", group.name), {1});
  const at::Tensor finite = std::get<0>(values.masked_select(values.isfinite()).sort());
  return {finite.data_ptr<float>(), finite.data_ptr<float>() + finite.numel()};
}

struct Bins {
  double low = 0, width = 1;
  int count = 1;

  double edge(int i) const { return low + i * width; }
};

/// Freedman and Diaconis's number of bins (1981) for a range, from the spread of the middle half of
/// `sorted`; within 10 … 100.
int suitable_count(const std::vector<double>& sorted, double range) {
  if (sorted.empty()) return 10;
  const double spread = sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4];
  const double width = 2 * spread / std::cbrt(static_cast<double>(sorted.size()));
  return width > 0 ? static_cast<int>(std::clamp(range / width, 10.0, 100.0)) : 10;
}

/// Bins over all the groups, whose values are sorted.
Bins choose_bins(const std::vector<std::vector<double>>& groups, int count) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& group : groups) {
    if (group.empty()) continue;
    low = std::min(low, group.front());
    high = std::max(high, group.back());
  }
  if (low > high) return {};
  if (low == high) low -= 0.5, high += 0.5;
  if (count <= 0) count = suitable_count(groups.front(), high - low);
  return {.low = low, .width = (high - low) / count, .count = count};
}

/// Number, or share, of values in each bin; the last bin holds its upper edge too.
std::vector<double> heights_of(const std::vector<double>& values, const Bins& bins, bool shares) {
  std::vector<double> heights(static_cast<size_t>(bins.count));
  for (const double value : values) {
    const int bin = static_cast<int>((value - bins.low) / bins.width);
    heights[static_cast<size_t>(std::clamp(bin, 0, bins.count - 1))] += 1;
  }
  if (shares && !values.empty()) {
    for (double& height : heights) height /= static_cast<double>(values.size());
  }
  return heights;
}

/// The line over the bars, from the base and back to it.
Contour outline_of(const std::vector<double>& heights, const Bins& bins, const PlotArea& area) {
  Contour outline = {area.at(bins.low, 0)};
  for (int i = 0; i < bins.count; ++i) {
    outline.push_back(area.at(bins.edge(i), heights[static_cast<size_t>(i)]));
    outline.push_back(area.at(bins.edge(i + 1), heights[static_cast<size_t>(i)]));
  }
  outline.push_back(area.at(bins.edge(bins.count), 0));
  return outline;
}

}  // namespace

Picture histogram(const std::vector<HistogramGroup>& groups, const HistogramOptions& options) {
  if (groups.empty()) throw Error("histogram: expected at least one group, found none");
  std::vector<std::vector<double>> values;
  values.reserve(groups.size());
  for (const auto& group : groups) values.push_back(finite_values(group));
  const Bins bins = choose_bins(values, options.bins);

  std::vector<std::vector<double>> heights;
  std::vector<double> all_heights = {0};
  for (const auto& group : values) {
    heights.push_back(heights_of(group, bins, options.shares));
    all_heights.insert(all_heights.end(), heights.back().begin(), heights.back().end());
  }
  std::vector<double> across = {bins.low, bins.edge(bins.count)};
  if (options.threshold) across.push_back(*options.threshold);
  Axis y = fit_axis(options.shares ? "share of group" : "count", all_heights);
  y.low = 0;
  y.whole = !options.shares;

  auto [canvas, content] = make_page(kPlotWidth, kPlotHeight, options.title);
  const PlotArea area =
      draw_axes(canvas, content, fit_axis(options.x_label, across), y, {.grid = Grid::Horizontal});
  const std::vector<Color> colors = distinct_colors(groups.size());
  std::vector<LegendEntry> entries = legend_entries(groups, colors, Swatch::Patch);
  std::vector<Point> drawn;
  for (size_t g = 0; g < groups.size(); ++g) {
    const Contour outline = outline_of(heights[g], bins, area);
    canvas.fill({outline}, colors[g], 0.4);
    canvas.polyline(outline, {.color = colors[g], .width = kPoint});
    drawn.insert(drawn.end(), outline.begin(), outline.end());
  }
  if (options.threshold) {
    const double x = area.at(*options.threshold, 0).x;
    canvas.rule({x, area.box.y}, {x, area.box.bottom()}, {.color = kInk, .width = 4});
    for (double at = area.box.y; at < area.box.bottom(); at += kGap) drawn.push_back({x, at});
    entries.push_back({"threshold " + number_text(*options.threshold), kInk, Swatch::Line});
  }
  Legend(entries).draw_clear_of(canvas, area.box, drawn);
  return canvas.take();
}

}  // namespace hourglass::figures
