#include "hourglass/figures/legend.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hourglass::figures {
namespace {

constexpr double kEntryHeight = 1.5 * kSmallSize;
constexpr double kSwatchWidth = 2 * kSmallSize;
constexpr double kPadding = 0.5 * kSmallSize;
constexpr double kColumnGap = kSmallSize;
constexpr double kLongestName = 20 * kSmallSize;
constexpr double kBarWidth = 12 * kPoint;

double longest_name(const std::vector<LegendEntry>& entries) {
  double width = 0;
  for (const auto& entry : entries) width = std::max(width, text_width(entry.name, kSmallSize));
  return width;
}

void draw_swatch(Canvas& canvas, const LegendEntry& entry, Point center) {
  const double half = kSwatchWidth / 2 - 0.3 * kSmallSize;
  switch (entry.swatch) {
    case Swatch::Line:
      canvas.line({center.x - half, center.y}, {center.x + half, center.y},
                  {.color = entry.color, .width = 1.5 * kPoint});
      break;
    case Swatch::Dashes:
      for (const double x : {center.x - half, center.x + half / 3}) {
        canvas.line({x, center.y}, {x + 2 * half / 3, center.y},
                    {.color = entry.color, .width = 1.5 * kPoint});
      }
      break;
    case Swatch::Dot:
      draw_marker(canvas, entry.marker, center, 0.3 * kSmallSize, entry.color);
      break;
    case Swatch::Patch:
      canvas.fill({center.x - half, center.y - 0.35 * kSmallSize, 2 * half, 0.7 * kSmallSize},
                  entry.color);
      break;
  }
}

}  // namespace

Legend::Legend(std::vector<LegendEntry> entries, double most_height)
    : entries_(std::move(entries)), rows_(entries_.size()) {
  for (auto& entry : entries_) entry.name = shorten_text(entry.name, kSmallSize, kLongestName);
  column_width_ = kSwatchWidth + 0.3 * kSmallSize + longest_name(entries_);
  // Columns of about equal length.
  for (size_t columns = 2; height() > most_height && rows_ > 1; ++columns) {
    rows_ = (entries_.size() + columns - 1) / columns;
  }
}

double Legend::width() const {
  if (entries_.empty()) return 0;
  const size_t count = (entries_.size() + rows_ - 1) / rows_;
  const auto columns = static_cast<double>(count);
  return 2 * kPadding + columns * column_width_ + (columns - 1) * kColumnGap;
}

double Legend::height() const {
  return static_cast<double>(rows_) * kEntryHeight + 2 * kPadding - 0.4 * kSmallSize;
}

void Legend::draw(Canvas& canvas, Point top_left) const {
  const Box box = {top_left.x, top_left.y, width(), height()};
  canvas.fill(box, kWhite);
  canvas.frame(box, {.color = {204, 204, 204}});
  const Point first = {top_left.x + kPadding,
                       top_left.y + kPadding + kEntryHeight / 2 - 0.2 * kSmallSize};
  for (size_t i = 0; i < entries_.size(); ++i) {
    const size_t column = i / rows_, row = i % rows_;
    const double x = first.x + static_cast<double>(column) * (column_width_ + kColumnGap);
    const double y = first.y + static_cast<double>(row) * kEntryHeight;
    draw_swatch(canvas, entries_[i], {x + kSwatchWidth / 2, y});
    canvas.text(entries_[i].name, {x + kSwatchWidth + 0.3 * kSmallSize, y},
                {.size = kSmallSize, .horizontal = Horizontal::Left});
  }
}

void Legend::draw_clear_of(Canvas& canvas, const Box& box, std::span<const Point> data) const {
  const Box inner = box.inset(kGap);
  const double left = inner.x, right = inner.right() - width(),
               center = inner.center().x - width() / 2;
  const double top = inner.y, bottom = inner.bottom() - height(),
               middle = inner.center().y - height() / 2;
  // Where several hide equally little, the earlier wins.
  const Point places[] = {{right, top},    {left, top},    {right, bottom}, {left, bottom},
                          {right, middle}, {left, middle}, {center, top},   {center, bottom}};
  const auto hidden = [&](Point place) {
    return std::count_if(data.begin(), data.end(), [&](Point point) {
      return point.x > place.x - kGap && point.x < place.x + width() + kGap &&
             point.y > place.y - kGap && point.y < place.y + height() + kGap;
    });
  };
  draw(canvas, *std::min_element(std::begin(places), std::end(places),
                                 [&](Point a, Point b) { return hidden(a) < hidden(b); }));
}

double class_bar_width(const std::vector<std::string>& names) {
  double width = 0;
  for (const auto& name : names) width = std::max(width, text_width(name, kSmallSize));
  return kBarWidth + 0.6 * kSmallSize + std::min(width, kLongestName);
}

void draw_class_bar(Canvas& canvas, const Box& space, const std::vector<Color>& colors,
                    const std::vector<std::string>& names) {
  const double step = space.height / static_cast<double>(colors.size());
  // Names that would touch each other are left out, but for every second, third … .
  const auto stride = static_cast<size_t>(std::ceil(1.2 * kSmallSize / step));
  for (size_t i = 0; i < colors.size(); ++i) {
    const double bottom = space.bottom() - static_cast<double>(i) * step;
    canvas.fill({space.x, bottom - step, kBarWidth, step}, colors[i]);
    if (i % stride != 0) continue;
    canvas.text(shorten_text(names[i], kSmallSize, kLongestName),
                {space.x + kBarWidth + 0.6 * kSmallSize, bottom - step / 2},
                {.size = kSmallSize, .horizontal = Horizontal::Left});
  }
  canvas.frame({space.x, space.y, kBarWidth, space.height});
}

}  // namespace hourglass::figures
