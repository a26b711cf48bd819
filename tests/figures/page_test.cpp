#include "hourglass/figures/page.h"

#include "hourglass/tests/support/support.h"

#include <string>

namespace hourglass::figures {
namespace {

std::string words(int count) {
  std::string text = "word";
  for (int i = 1; i < count; ++i) text += " word";
  return text;
}

TEST(Page, ATitleThatIsTooLongTakesASecondLine) {
  const Page one = make_page(100, 50, words(3)), two = make_page(100, 50, words(20));
  EXPECT_GT(two.content.y, one.content.y + kTitleSize);
  EXPECT_LE(two.canvas.box().width, kPlotWidth + 2 * kMargin + 1);
  EXPECT_EQ(make_page(100, 50, words(200)).content.y, two.content.y) << "the rest is cut";
}

TEST(Page, WithoutATitleIsTheContentAlone) { EXPECT_EQ(make_page(100, 50, "").content.y, kMargin); }

}  // namespace
}  // namespace hourglass::figures
