#include "hourglass/figures/series_chart.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"
#include "hourglass/figures/time_ticks.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hourglass::figures {
namespace {

constexpr double kChartWidth = 560 * kPoint, kChartPanel = 130 * kPoint;
constexpr double kTimeCurveWidth = 1 * kPoint;
constexpr double kNarrowestSpan = 2;
constexpr Color kSpanColor = {252, 216, 208};
constexpr Stroke kThresholdStroke = {.color = kInk, .width = 1 * kPoint};

void check_panels(const std::vector<double>& times, const std::vector<TimePanel>& panels) {
  if (times.empty()) throw Error("series chart: expected at least one time, found none");
  if (panels.empty()) throw Error("series chart: expected at least one panel, found none");
  for (const auto& panel : panels) {
    if (panel.curves.empty()) {
      throw Error("series chart: expected at least one curve in panel '{}', found none",
                  panel.y_label);
    }
    for (const auto& curve : panel.curves) {
      if (curve.values.size() == times.size()) continue;
      throw Error("series chart: expected {} values of curve '{}', one a time, found {}",
                  times.size(), curve.name, curve.values.size());
    }
  }
}

/// An axis that the curves fill from side to side.
Axis time_axis(const std::vector<double>& times, const SeriesChartOptions& options, double width) {
  Axis axis = {.label = options.x_label, .low = times.front(), .high = times.back()};
  if (axis.low == axis.high) axis.low -= 0.5, axis.high += 0.5;
  const int most = std::max(2, static_cast<int>(width / (7 * kSmallSize)));
  axis.ticks = options.dates ? time_ticks(axis.low, axis.high, most)
                             : linear_ticks(axis.low, axis.high, most);
  return axis;
}

Axis panel_axis(const TimePanel& panel) {
  std::vector<double> values;
  for (const auto& curve : panel.curves) {
    values.insert(values.end(), curve.values.begin(), curve.values.end());
  }
  if (panel.threshold) values.push_back(*panel.threshold);
  Axis axis = fit_axis(panel.y_label, values);
  axis.ticks = linear_ticks(axis.low, axis.high,
                            std::max(2, static_cast<int>(kChartPanel / (2.6 * kSmallSize))));
  return axis;
}

/// The curve between its gaps; of the points in one column of pixels the lowest and the highest
/// stay, and the first and the last.
class CurveLines {
 public:
  void add(Point point) {
    if (!std::isfinite(point.y)) return end_line();
    const double column = std::floor(point.x);
    if (column != column_) end_column();
    column_ = column;
    waiting_.push_back(point);
  }

  std::vector<std::vector<Point>> take() {
    end_line();
    return std::move(lines_);
  }

 private:
  std::vector<std::vector<Point>> lines_;
  std::vector<Point> line_, waiting_;
  double column_ = -1;

  void end_column() {
    if (waiting_.size() <= 4) {
      line_.insert(line_.end(), waiting_.begin(), waiting_.end());
    } else {
      const auto [low, high] =
          std::minmax_element(waiting_.begin(), waiting_.end(),
                              [](const Point& a, const Point& b) { return a.y < b.y; });
      line_.push_back(waiting_.front());
      line_.push_back(std::min(low, high)[0]);
      line_.push_back(std::max(low, high)[0]);
      line_.push_back(waiting_.back());
    }
    waiting_.clear();
  }

  void end_line() {
    end_column();
    if (!line_.empty()) lines_.push_back(std::move(line_));
    line_ = {};
  }
};

void shade_spans(Canvas& canvas, const Box& frame, const Axis& x,
                 const std::vector<TimeSpan>& spans) {
  for (const auto& [first, last] : spans) {
    if (last < x.low || first > x.high) continue;
    const double from = frame.x + frame.width * std::clamp(x.share(first), 0.0, 1.0);
    const double to = frame.x + frame.width * std::clamp(x.share(last), 0.0, 1.0);
    const double left = std::min(from, frame.right() - kNarrowestSpan);
    canvas.fill({left, frame.y, std::max(to - left, kNarrowestSpan), frame.height}, kSpanColor);
  }
}

/// Draws the curves and the threshold; returns points along them.
std::vector<Point> draw_time_curves(Canvas& canvas, const PlotArea& area, const TimePanel& panel,
                                    const std::vector<double>& times,
                                    const std::vector<Color>& colors) {
  std::vector<Point> drawn;
  for (size_t i = 0; i < panel.curves.size(); ++i) {
    CurveLines lines;
    for (size_t t = 0; t < times.size(); ++t) {
      lines.add(area.at(times[t], panel.curves[i].values[t]));
    }
    for (const auto& line : lines.take()) {
      canvas.polyline(line, {.color = colors[i], .width = kTimeCurveWidth});
      drawn.insert(drawn.end(), line.begin(), line.end());
    }
  }
  if (panel.threshold) {
    const double y = area.at(area.x.low, *panel.threshold).y;
    canvas.rule({area.box.x, y}, {area.box.right(), y}, kThresholdStroke);
    for (double x = area.box.x; x < area.box.right(); x += kGap) drawn.push_back({x, y});
  }
  return drawn;
}

/// A colour a curve: those of error curves are other than those of values.
std::vector<std::vector<Color>> colors_of(const std::vector<TimePanel>& panels) {
  const std::vector<Color> all = distinct_colors(8);
  std::vector<std::vector<Color>> colors;
  for (const auto& panel : panels) {
    std::vector<Color> own;
    const size_t first = panel.threshold ? 3 : 0;
    for (size_t i = 0; i < panel.curves.size(); ++i) own.push_back(all[(first + i) % all.size()]);
    colors.push_back(std::move(own));
  }
  return colors;
}

std::vector<LegendEntry> chart_entries(const TimePanel& panel, const std::vector<Color>& colors) {
  std::vector<LegendEntry> entries = legend_entries(panel.curves, colors, Swatch::Line);
  if (panel.threshold) {
    entries.push_back({"threshold " + number_text(*panel.threshold), kInk, Swatch::Line});
  }
  return entries;
}

}  // namespace

Picture series_chart(const std::vector<double>& times, const std::vector<TimePanel>& panels,
                     const SeriesChartOptions& options) {
  check_panels(times, panels);
  std::vector<Axis> y;
  double left = 0, top = 0;
  for (const auto& panel : panels) {
    y.push_back(panel_axis(panel));
    const AxesMargins margins = axes_margins({}, y.back());
    left = std::max(left, margins.left);
    top = std::max(top, margins.top);
  }
  Axis x = time_axis(times, options, kChartWidth - left);
  const double below = axes_margins(x, y.front()).bottom;
  const double apart = 2 * kGap + top;
  const auto count = static_cast<double>(panels.size());
  auto [canvas, content] =
      make_page(kChartWidth, count * (kChartPanel + apart) - apart + top + below, options.title);
  const auto colors = colors_of(panels);
  for (size_t i = 0; i < panels.size(); ++i) {
    const bool last = i + 1 == panels.size();
    const Box frame = {content.x + left,
                       content.y + top + static_cast<double>(i) * (kChartPanel + apart),
                       content.width - left - kGap, kChartPanel};
    Axis own = x;
    if (!last) {
      own.label.clear();
      own.ticks.labels.assign(own.ticks.labels.size(), "");
      own.ticks.factor.clear();
    }
    shade_spans(canvas, frame, x, options.spans);
    const PlotArea area = draw_axes_around(canvas, frame, own, y[i]);
    const auto drawn = draw_time_curves(canvas, area, panels[i], times, colors[i]);
    auto entries = chart_entries(panels[i], colors[i]);
    if (last && !options.spans.empty() && !options.span_name.empty()) {
      entries.push_back({options.span_name, kSpanColor, Swatch::Patch});
    }
    // Panels in between have the curves of the first.
    if (i == 0 || last) Legend(entries).draw_clear_of(canvas, area.box, drawn);
  }
  return canvas.take();
}

}  // namespace hourglass::figures
