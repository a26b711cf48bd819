#include "hourglass/figures/page.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hourglass::figures {

namespace {

constexpr double kTitleLine = 1.4 * kTitleSize;

}  // namespace

Page make_page(double width, double height, const std::string& title, const std::string& note) {
  const auto lines = wrap_text(title, kTitleSize, std::max(width, kPlotWidth));
  double inner_width = std::ceil(std::max(width, text_width(note, kSmallSize)));
  for (const auto& line : lines) {
    inner_width = std::max(inner_width, std::ceil(text_width(line, kTitleSize)));
  }
  const double further_lines = static_cast<double>(lines.size() - 1) * kTitleLine;
  const double title_height =
      title.empty() ? 0 : std::ceil(kCapitalHeight * kTitleSize + further_lines + 1.5 * kGap);

  const double note_height = note.empty() ? 0 : 2 * kSmallSize;

  const double left = kMargin + std::floor((inner_width - width) / 2);
  Page page{
      .canvas = {inner_width + 2 * kMargin, title_height + height + note_height + 2 * kMargin},
      .content = {left, kMargin + title_height, width, height}};
  double top = kMargin;
  for (const auto& line : lines) {
    page.canvas.text(line, {page.canvas.box().center().x, top},
                     {.size = kTitleSize, .vertical = Vertical::Top});
    top += kTitleLine;
  }
  page.canvas.text(
      note, {kMargin + inner_width, page.content.bottom() + note_height},
      {.size = kSmallSize, .horizontal = Horizontal::Right, .vertical = Vertical::Baseline});
  return page;
}

}  // namespace hourglass::figures
