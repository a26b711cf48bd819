#include "hourglass/figures/color_bar.h"

#include <algorithm>
#include <cmath>

namespace hourglass::figures {
namespace {

constexpr double kScaleGap = 1.5 * kGap;
constexpr double kScaleWidth = 9 * kPoint;
constexpr double kMarkLength = 3 * kPoint;
constexpr double kLabelLine = 1.4 * kSmallSize;

}  // namespace

ColorBar::ColorBar(const ColorScale& scale, double height) : map_(scale.map), height_(height) {
  choose_marks(scale);
  if (!scale.label.empty()) label_lines_ = wrap_text(scale.label, kSmallSize, height);
}

void ColorBar::choose_marks(const ColorScale& scale) {
  const auto [low, high] = scale.range;
  if (!scale.marks.empty()) {
    const auto last = static_cast<double>(std::max<size_t>(1, scale.marks.size() - 1));
    for (size_t i = 0; i < scale.marks.size(); ++i) {
      marks_.push_back({static_cast<double>(i) / last, scale.marks[i]});
    }
    return;
  }
  constexpr double kLowestWithTicks = 60 * kPoint;
  const bool has_range = std::isfinite(high - low) && high > low;
  if (!has_range || height_ < kLowestWithTicks) {
    marks_.push_back({0, number_text(low, 2)});
    if (has_range) marks_.push_back({1, number_text(high, 2)});
    return;
  }
  const int most = std::clamp(static_cast<int>(height_ / (3 * kSmallSize)), 2, 9);
  const Ticks ticks = linear_ticks(low, high, most, scale.whole);
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    marks_.push_back({(ticks.values[i] - low) / (high - low), ticks.labels[i]});
  }
  factor_ = ticks.factor;
}

double ColorBar::width() const {
  double widest = factor_.empty() ? 0 : text_width(factor_, kSmallSize) - kScaleWidth - kMarkLength;
  for (const auto& mark : marks_) widest = std::max(widest, text_width(mark.text, kSmallSize));
  return kScaleGap + kScaleWidth + kMarkLength + 0.3 * kSmallSize + widest +
         static_cast<double>(label_lines_.size()) * kLabelLine;
}

void ColorBar::draw(Canvas& canvas, Point top_left) const {
  const Box bar = {std::round(top_left.x + kScaleGap), std::round(top_left.y), kScaleWidth,
                   std::round(height_)};
  // A picture of one column, the last colour at the top.
  const auto& colors = color_table(map_);
  Picture ramp(1, static_cast<int>(colors.size()));
  std::copy(colors.rbegin(), colors.rend(), ramp.data());
  canvas.image(ramp, bar);
  canvas.frame(bar);

  const TextStyle style = {.size = kSmallSize, .horizontal = Horizontal::Left};
  for (const auto& mark : marks_) {
    const double y = bar.bottom() - mark.share * bar.height;
    canvas.rule({bar.right(), y}, {bar.right() + kMarkLength, y});
    // The outermost texts stay within the bar's height.
    const double half = 0.5 * kCapitalHeight * kSmallSize;
    canvas.text(mark.text,
                {bar.right() + kMarkLength + 0.3 * kSmallSize,
                 std::clamp(y, bar.y + half, std::max(bar.y + half, bar.bottom() - half))},
                style);
  }
  canvas.text(factor_, {bar.x, bar.y - 0.4 * kSmallSize},
              {.size = kSmallSize, .horizontal = Horizontal::Left, .vertical = Vertical::Baseline});
  double x = top_left.x + width() - static_cast<double>(label_lines_.size()) * kLabelLine +
             0.4 * kSmallSize;
  for (const auto& line : label_lines_) {
    canvas.text(line, {x, bar.center().y},
                {.size = kSmallSize, .vertical = Vertical::Top, .turn = kUpward});
    x += kLabelLine;
  }
}

void draw_ramp(Canvas& canvas, const Box& box, ColorMap map) {
  const auto& colors = color_table(map);
  Picture ramp(static_cast<int>(colors.size()), 1);
  std::copy(colors.begin(), colors.end(), ramp.data());
  canvas.image(ramp, box);
  canvas.frame(box, {.color = kFrameColor, .width = 1});
}

}  // namespace hourglass::figures
