#include "hourglass/figures/page.h"

#include <algorithm>
#include <cmath>

namespace hourglass::figures {

Page make_page(double width, double height, const std::string& title) {
  const double widest_title = std::max(width, kPlotWidth);
  const std::string shown = shorten_text(title, kTitleSize, widest_title);
  const double inner_width = std::max(std::ceil(width), std::ceil(text_width(shown, kTitleSize)));
  const double title_height =
      title.empty() ? 0 : std::ceil(kCapitalHeight * kTitleSize + 1.5 * kGap);

  const double left = kMargin + std::floor((inner_width - width) / 2);
  Page page{.canvas = {inner_width + 2 * kMargin, title_height + height + 2 * kMargin},
            .content = {left, kMargin + title_height, width, height}};
  page.canvas.text(shown, {page.canvas.box().center().x, kMargin},
                   {.size = kTitleSize, .vertical = Vertical::Top});
  return page;
}

}  // namespace hourglass::figures
