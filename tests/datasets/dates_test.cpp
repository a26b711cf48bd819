#include "hourglass/datasets/dates.h"

#include <gtest/gtest.h>

namespace hourglass::datasets {
namespace {

TEST(ParseDate, ReadsTheFormsOfIso8601) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("1970-01-02 00:01"), 86460);
  EXPECT_EQ(parse_date("1970-01-01T01:02:03"), 3723);
  EXPECT_EQ(parse_date("1970-01-01T00:00:00.25Z"), 0.25);
  EXPECT_EQ(parse_date("2024-02-29"), 1709164800);
  // The writer's clock counts, wherever it stood.
  EXPECT_EQ(parse_date("1970-01-01T12:00:00+02:00"), 43200);
  EXPECT_EQ(parse_date("1970-01-01T12:00-0530"), 43200);
}

TEST(ParseDate, RefusesOtherTextsAndDaysThatAreNone) {
  for (const char* text :
       {"", "1970", "1970-1-1", "2023-02-29", "2024-13-01", "2024-01-01x", "2024-01-01 24:00",
        "2024-01-01 12:60", "2024-01-01 12", "01-02-2024", "2024-01-01T12:00:00.",
        "2024-01-01T12:00+2", "2024-01-01T12:00+24:00", "2024-01-01T12:00+02:60"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(ParseUtc, TakesTheOffsetOff) {
  EXPECT_EQ(parse_utc("1970-01-01T12:00:00+02:00"), 36000);
  EXPECT_EQ(parse_utc("1970-01-01T12:00-0530"), 63000);
  EXPECT_EQ(parse_utc("1970-01-01T12:00+02"), 36000);
  EXPECT_EQ(parse_utc("1970-01-02"), 86400);
  EXPECT_FALSE(parse_utc("2023-02-29T12:00Z"));
}

TEST(DateText, IsTheInverse) {
  for (const char* text : {"2024-02-29", "1969-12-31 23:59:59", "2031-07-04 00:00:01"}) {
    EXPECT_EQ(date_text(*parse_date(text)), text);
  }
}

TEST(PhaseOf, TellsHowFarACycleIs) {
  const double noon = *parse_date("2024-01-03 12:00");  // a Wednesday
  EXPECT_DOUBLE_EQ(phase_of(DatePart::HourOfDay, noon), 0.5);
  EXPECT_DOUBLE_EQ(phase_of(DatePart::DayOfWeek, noon), 2.0 / 7);
  EXPECT_DOUBLE_EQ(phase_of(DatePart::DayOfYear, noon), 2.0 / 366);
  EXPECT_DOUBLE_EQ(phase_of(DatePart::HourOfDay, *parse_date("1969-12-31 18:00")), 0.75);
  EXPECT_DOUBLE_EQ(phase_of(DatePart::DayOfYear, *parse_date("2023-12-31")), 364.0 / 365);
}

}  // namespace
}  // namespace hourglass::datasets
