#include "hourglass/core/text.h"

#include <gtest/gtest.h>

namespace hourglass {
namespace {

using Parts = std::vector<std::string>;

TEST(SplitText, KeepsEmptyParts) {
  EXPECT_EQ(split_text("a,b,,c,", ','), (Parts{"a", "b", "", "c", ""}));
  EXPECT_EQ(split_text("a", ','), Parts{"a"});
  EXPECT_EQ(split_text("", ','), Parts{});
}

TEST(CountCharacters, CountsCharactersRatherThanBytes) {
  EXPECT_EQ(count_characters("größe…"), 6U);
  EXPECT_EQ(count_characters(""), 0U);
}

TEST(Shortened, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(shortened("größe", 5), "größe");
  EXPECT_EQ(shortened("größe", 4), "grö…");
  EXPECT_EQ(shortened("größe", 1), "…");
  EXPECT_EQ(shortened("größe", 0), "");
}

TEST(WrapWords, BreaksBetweenWords) {
  EXPECT_EQ(wrap_words("ein größerer Text", 12), (Parts{"ein größerer", "Text"}));
  EXPECT_EQ(wrap_words("unbreakable", 3), Parts{"unbreakable"});
}

TEST(FittedLine, LeavesOutTheMostDispensablePiecesFromTheEnd) {
  const std::vector<LinePiece> pieces = {{"loss 1", 0}, {" kl 2", 2}, {" l1 3", 2}, {" 4 s", 1}};
  EXPECT_EQ(fitted_line(pieces, 20), "loss 1 kl 2 l1 3 4 s");
  EXPECT_EQ(fitted_line(pieces, 19), "loss 1 kl 2 4 s");
  EXPECT_EQ(fitted_line(pieces, 14), "loss 1 4 s");
  EXPECT_EQ(fitted_line(pieces, 9), "loss 1");
  EXPECT_EQ(fitted_line(pieces, 5), "loss…");
}

TEST(NearestWord, FindsTheMisspeltWordAndNothingFar) {
  EXPECT_EQ(nearest_word("lerning-rate", {"epochs", "learning-rate"}), "learning-rate");
  EXPECT_EQ(nearest_word("relo", {"relu", "sigmoid"}), "relu");
  EXPECT_FALSE(nearest_word("zzzzzz", {"relu", "sigmoid"}));
}

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_double("+1.5e-3"), 0.0015);
  EXPECT_FALSE(parse_double("1.5x"));
  EXPECT_FALSE(parse_double(""));
  EXPECT_FALSE(parse_double("+"));
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_FALSE(parse_integer("7.0"));
  EXPECT_FALSE(parse_integer("99999999999999999999"));
}

TEST(WithThousands, GroupsByThree) {
  EXPECT_EQ(with_thousands(51154), "51,154");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
}

TEST(ClockTime, ShowsHoursOnlyWhenThereAreSome) {
  EXPECT_EQ(clock_time(75.2), "1:15");
  EXPECT_EQ(clock_time(3675), "1:01:15");
  EXPECT_EQ(clock_time(-1), "0:00");
}

TEST(CsvCell, QuotesWhatSeparates) {
  EXPECT_EQ(csv_cell("T-shirt/top"), "T-shirt/top");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("3\" pipe"), "\"3\"\" pipe\"");
  EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
}

}  // namespace
}  // namespace hourglass
