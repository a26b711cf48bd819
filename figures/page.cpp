#include "hourglass/figures/page.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hourglass::figures {

namespace {

constexpr double kTitleLine = 1.4 * kTitleSize;

/// The title in one line or, where that is too long, two; what does not fit into these is cut.
std::vector<std::string> title_lines(const std::string& title, double width) {
  if (text_width(title, kTitleSize) <= width) return {title};
  size_t end = title.rfind(' ');
  while (end != std::string::npos && end > 0 &&
         text_width(title.substr(0, end), kTitleSize) > width) {
    end = title.rfind(' ', end - 1);
  }
  if (end == std::string::npos || end == 0) return {shorten_text(title, kTitleSize, width)};
  return {title.substr(0, end), shorten_text(title.substr(end + 1), kTitleSize, width)};
}

}  // namespace

Page make_page(double width, double height, const std::string& title) {
  const auto lines = title_lines(title, std::max(width, kPlotWidth));
  double inner_width = std::ceil(width);
  for (const auto& line : lines) {
    inner_width = std::max(inner_width, std::ceil(text_width(line, kTitleSize)));
  }
  const double further_lines = static_cast<double>(lines.size() - 1) * kTitleLine;
  const double title_height =
      title.empty() ? 0 : std::ceil(kCapitalHeight * kTitleSize + further_lines + 1.5 * kGap);

  const double left = kMargin + std::floor((inner_width - width) / 2);
  Page page{.canvas = {inner_width + 2 * kMargin, title_height + height + 2 * kMargin},
            .content = {left, kMargin + title_height, width, height}};
  double top = kMargin;
  for (const auto& line : lines) {
    page.canvas.text(line, {page.canvas.box().center().x, top},
                     {.size = kTitleSize, .vertical = Vertical::Top});
    top += kTitleLine;
  }
  return page;
}

}  // namespace hourglass::figures
