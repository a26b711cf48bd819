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

TEST(Page, ATitleTakesAsManyLinesAsItNeeds) {
  const Page one = make_page(100, 50, words(3)), two = make_page(100, 50, words(20));
  EXPECT_GT(two.content.y, one.content.y + kTitleSize);
  EXPECT_LE(two.canvas.box().width, kPlotWidth + 2 * kMargin + 1);
  EXPECT_GT(make_page(100, 50, words(200)).content.y, two.content.y + 5 * kTitleSize);
}

TEST(WrapText, LosesNothingAndBreaksWordsThatAreTooLong) {
  const std::string text =
      "Codes of 720 rows of csv:/a/very/long/path/without/any/blank.csv, größe";
  std::string joined;
  const auto lines = wrap_text(text, 10, 100);
  for (const auto& line : lines) {
    EXPECT_LE(text_width(line, 10), 100) << line;
    joined += line;
  }
  std::string without_blanks = text;
  std::erase(without_blanks, ' ');
  std::erase(joined, ' ');
  EXPECT_EQ(joined, without_blanks);
  EXPECT_EQ(wrap_text("", 10, 100), std::vector<std::string>{""});
  EXPECT_EQ(wrap_text("short", 10, 100), std::vector<std::string>{"short"});
}

TEST(Page, ANoteStandsBelowTheContent) {
  const Page plain = make_page(300, 50, ""), noted = make_page(300, 50, "", "two points left out");
  EXPECT_EQ(noted.content.height, 50);
  EXPECT_GT(noted.canvas.box().height, plain.canvas.box().height + kSmallSize);
}

TEST(Page, WithoutATitleIsTheContentAlone) { EXPECT_EQ(make_page(100, 50, "").content.y, kMargin); }

}  // namespace
}  // namespace hourglass::figures
