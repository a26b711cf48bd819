#include "hourglass/figures/font.h"

#include <gtest/gtest.h>

namespace hourglass::figures {
namespace {

TEST(TextWidth, AddsTheAdvancesOfTheLetters) {
  EXPECT_DOUBLE_EQ(text_width("", 10), 0);
  EXPECT_NEAR(text_width("0", 100), 63.6, 0.1);  // DejaVu Sans: 1303 of 2048
  EXPECT_NEAR(text_width("0α", 100), text_width("0", 100) + text_width("α", 100), 1e-9);
}

TEST(TextOutlines, DigitsReachFromTheBaselineToCapitalHeight) {
  double top = 0, bottom = -1e9;
  for (const auto& contour : text_outlines("1", 100)) {
    for (const auto& point : contour) {
      top = std::min(top, point.y);
      bottom = std::max(bottom, point.y);
    }
  }
  EXPECT_NEAR(top, -100 * kCapitalHeight, 0.1);
  EXPECT_NEAR(bottom, 0, 0.1);
}

TEST(TextOutlines, UnknownCharactersAndBrokenBytesBecomeQuestionMarks) {
  EXPECT_EQ(text_width("漢", 10), text_width("?", 10));
  EXPECT_EQ(text_width("\xff", 10), text_width("?", 10));
  EXPECT_EQ(text_outlines("\xe6\xbc", 10).size(), text_outlines("?", 10).size());
}

TEST(ShortenText, KeepsWhatFitsAndCutsBetweenCharacters) {
  EXPECT_EQ(shorten_text("Ankle boot", 10, 1000), "Ankle boot");
  const std::string cut = shorten_text("Größe über alles", 10, 45);
  EXPECT_LE(text_width(cut, 10), 45);
  EXPECT_EQ(cut, "Größe…");
  EXPECT_EQ(shorten_text("αβγδ", 10, 1), "…");
}

}  // namespace
}  // namespace hourglass::figures
