#include "hourglass/figures/axes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace hourglass::figures {
namespace {

constexpr double kTickLength = 4 * kPoint;
constexpr Stroke kGridStroke = {.color = kGridColor};
constexpr double kAslant = 35;         // degrees
constexpr double kLongestAslant = 10;  // of a label, in text sizes

double scaled(double value, Scale scale) {
  return scale == Scale::Logarithmic ? std::log10(value) : value;
}

bool is_drawable(double value, Scale scale) {
  return std::isfinite(value) && (scale == Scale::Linear || value > 0);
}

Ticks choose_ticks(const Axis& axis, int most) {
  return axis.scale == Scale::Logarithmic ? log_ticks(axis.low, axis.high, most)
                                          : linear_ticks(axis.low, axis.high, most, axis.whole);
}

double widest(const std::vector<std::string>& labels, double size) {
  double width = 0;
  for (const auto& label : labels) width = std::max(width, text_width(label, size));
  return width;
}

/// Leaves every second, third … label where the marks stand closer than `needed` pixels. Returns
/// the room for each.
double thin_out(const Axis& axis, double length, double needed, std::vector<std::string>& labels) {
  const auto& values = axis.ticks.values;
  const double spacing =
      values.size() < 2 ? length : length * std::abs(axis.share(values[1]) - axis.share(values[0]));
  const auto stride = static_cast<size_t>(std::max(1.0, std::ceil(needed / spacing)));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i % stride != 0) labels[i].clear();
  }
  return spacing * static_cast<double>(stride);
}

/// Marks a few lines of text apart. Given marks are kept, but labels that would touch are left out.
Ticks vertical_ticks(const Axis& axis, double length, double text_size) {
  if (axis.ticks.values.empty()) {
    return choose_ticks(axis, std::max(2, static_cast<int>(length / (2.6 * text_size))));
  }
  Ticks ticks = axis.ticks;
  thin_out(axis, length, 1.2 * text_size, ticks.labels);
  return ticks;
}

/// As many marks as have room for their labels beside each other. Given marks are kept, but labels
/// are cut short or left out where they would touch.
Ticks horizontal_ticks(const Axis& axis, double length, double text_size) {
  Ticks ticks = axis.ticks;
  if (ticks.values.empty()) {
    for (int most = 11; most >= 2; --most) {
      ticks = choose_ticks(axis, most);
      const double needed = widest(ticks.labels, text_size) + text_size;
      if (static_cast<double>(ticks.labels.size()) * needed <= length) break;
    }
    return ticks;
  }
  if (axis.aslant) {
    thin_out(axis, length, 1.5 * text_size, ticks.labels);
    for (auto& label : ticks.labels) {
      label = shorten_text(label, text_size, kLongestAslant * text_size);
    }
    return ticks;
  }
  const double gap = 0.5 * text_size;
  const double room = thin_out(
      axis, length, std::min(widest(ticks.labels, text_size), 5 * text_size) + gap, ticks.labels);
  for (auto& label : ticks.labels) label = shorten_text(label, text_size, room - gap);
  return ticks;
}

/// Pixels that the labels of an x axis need below its marks.
double height_of_labels(const Axis& x, double text_size) {
  if (!x.aslant) return 1.4 * text_size;
  const double longest = std::min(widest(x.ticks.labels, text_size), kLongestAslant * text_size);
  return longest * std::sin(kAslant * std::numbers::pi / 180) + text_size;
}

/// How far the first of an x axis's turned labels reaches out to the left of the frame.
double overhang_of_first(const Axis& x, double length, double text_size) {
  const double width =
      std::min(text_width(x.ticks.labels.front(), text_size), kLongestAslant * text_size);
  return width * std::cos(kAslant * std::numbers::pi / 180) -
         0.8 * length * x.share(x.ticks.values.front());
}

double label_size(const AxesStyle& style) { return style.text_size * kTextSize / kSmallSize; }

void draw_x_marks(Canvas& canvas, const PlotArea& area, const AxesStyle& style) {
  const Box& frame = area.box;
  const double size = style.text_size;
  for (size_t i = 0; i < area.x.ticks.values.size(); ++i) {
    const double x = frame.x + frame.width * area.x.share(area.x.ticks.values[i]);
    if (style.grid == Grid::Both) canvas.rule({x, frame.y}, {x, frame.bottom()}, kGridStroke);
    canvas.rule({x, frame.bottom()}, {x, frame.bottom() + kTickLength});
    const Point below = {x, frame.bottom() + kTickLength + 0.4 * size};
    if (area.x.aslant) {
      canvas.text(area.x.ticks.labels[i], below,
                  {.size = size, .horizontal = Horizontal::Right, .turn = kAslant});
    } else {
      canvas.text(area.x.ticks.labels[i], below, {.size = size, .vertical = Vertical::Top});
    }
  }
}

void draw_y_marks(Canvas& canvas, const PlotArea& area, const AxesStyle& style) {
  const Box& frame = area.box;
  const double size = style.text_size;
  for (size_t i = 0; i < area.y.ticks.values.size(); ++i) {
    const double y = frame.bottom() - frame.height * area.y.share(area.y.ticks.values[i]);
    if (style.grid != Grid::None) canvas.rule({frame.x, y}, {frame.right(), y}, kGridStroke);
    canvas.rule({frame.x - kTickLength, y}, {frame.x, y});
    canvas.text(area.y.ticks.labels[i], {frame.x - kTickLength - 0.3 * size, y},
                {.size = size, .horizontal = Horizontal::Right});
  }
}

/// The axes' labels, and the factors of their marks.
void draw_axis_labels(Canvas& canvas, const PlotArea& area, const AxesStyle& style) {
  const Box& frame = area.box;
  const double size = style.text_size;
  const AxesMargins margins = axes_margins(area.x, area.y, style);
  const double lowest = frame.bottom() + margins.bottom;
  canvas.text(area.x.label, {frame.center().x, lowest - 0.2 * label_size(style)},
              {.size = label_size(style), .vertical = Vertical::Baseline});
  canvas.text(area.y.label, {frame.x - margins.left, frame.center().y},
              {.size = label_size(style), .vertical = Vertical::Top, .turn = kUpward});
  canvas.text(area.x.ticks.factor, {frame.right(), lowest},
              {.size = size, .horizontal = Horizontal::Right, .vertical = Vertical::Baseline});
  canvas.text(area.y.ticks.factor, {frame.x, frame.y - 0.5 * size},
              {.size = size, .horizontal = Horizontal::Left, .vertical = Vertical::Baseline});
}

}  // namespace

double Axis::share(double value) const {
  return (scaled(value, scale) - scaled(low, scale)) / (scaled(high, scale) - scaled(low, scale));
}

Axis fit_axis(std::string label, const std::vector<double>& values, Scale scale) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!is_drawable(value, scale)) continue;
    low = std::min(low, scaled(value, scale));
    high = std::max(high, scaled(value, scale));
  }
  if (low > high) {
    return {.label = std::move(label), .low = scale == Scale::Linear ? 0 : 0.1, .scale = scale};
  }
  double air = 0.04 * (high - low);
  // All values equal, or as good as: a range that floating point can still divide.
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= 1e-9 * size || high == low) air = size > 0 ? 0.1 * size : 1;
  const auto unscaled = [scale](double value) {
    return scale == Scale::Logarithmic ? std::pow(10.0, value) : value;
  };
  return {.label = std::move(label),
          .low = unscaled(low - air),
          .high = unscaled(high + air),
          .scale = scale};
}

Axis named_axis(std::string label, const std::vector<std::string>& names) {
  Axis axis{
      .label = std::move(label), .low = -0.5, .high = static_cast<double>(names.size()) - 0.5};
  axis.ticks.labels = names;
  for (size_t i = 0; i < names.size(); ++i) axis.ticks.values.push_back(static_cast<double>(i));
  return axis;
}

Point PlotArea::at(double x_value, double y_value) const {
  return {box.x + box.width * x.share(x_value), box.bottom() - box.height * y.share(y_value)};
}

AxesMargins axes_margins(const Axis& x, const Axis& y, const AxesStyle& style) {
  const double size = style.text_size, label_height = 1.6 * label_size(style);
  return {.left = kTickLength + 0.3 * size + widest(y.ticks.labels, size) +
                  (y.label.empty() ? 0 : label_height),
          .top = y.ticks.factor.empty() ? 0 : 1.4 * size,
          .bottom = kTickLength + height_of_labels(x, size) + (x.label.empty() ? 0 : label_height)};
}

PlotArea draw_axes(Canvas& canvas, const Box& space, Axis x, Axis y, const AxesStyle& style) {
  const auto& names = x.ticks.labels;
  x.aslant = static_cast<double>(names.size()) * widest(names, style.text_size) > 0.8 * space.width;
  y.ticks = vertical_ticks(y, space.height - axes_margins(x, y, style).bottom, style.text_size);
  const AxesMargins margins = axes_margins(x, y, style);
  const double left =
      std::max(margins.left, x.aslant ? overhang_of_first(x, space.width, style.text_size) : 0);
  const Box frame =
      space.without_left(left).without_top(margins.top).without_bottom(margins.bottom);
  return draw_axes_around(canvas, frame, std::move(x), std::move(y), style);
}

PlotArea draw_axes_around(Canvas& canvas, const Box& frame, Axis x, Axis y,
                          const AxesStyle& style) {
  y.ticks = vertical_ticks(y, frame.height, style.text_size);
  x.ticks = horizontal_ticks(x, frame.width, style.text_size);
  PlotArea area{frame, std::move(x), std::move(y)};
  draw_x_marks(canvas, area, style);
  draw_y_marks(canvas, area, style);
  draw_axis_labels(canvas, area, style);
  canvas.frame(frame);
  return area;
}

}  // namespace hourglass::figures
