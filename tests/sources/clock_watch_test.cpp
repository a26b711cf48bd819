#include "hourglass/sources/clock_watch.h"

#include "hourglass/tests/support/support.h"

namespace hourglass::sources {
namespace {

TEST(ParseMoment, ReadsIso8601AndNumbers) {
  // date -u -d '2024-05-01 12:30:15' +%s
  EXPECT_EQ(parse_moment("2024-05-01T12:30:15Z"), 1714566615.0);
  EXPECT_EQ(parse_moment("2024-05-01 12:30:15.25"), 1714566615.25);
  EXPECT_EQ(parse_moment("2024-05-01T12:30"), 1714566600.0);
  EXPECT_EQ(parse_moment("2024-05-01T14:30:15+02:00"), 1714566615.0);
  EXPECT_EQ(parse_moment("2024-05-01T09:00:15-0330"), 1714566615.0);
  EXPECT_EQ(parse_moment("2024-05-01"), 1714521600.0);
  EXPECT_EQ(parse_moment("1714566615.5"), 1714566615.5);
  for (const char* text :
       {"", "noon", "2024-13-01", "2024-02-31", "2024-5-1", "2024-05-01T", "2024-05-01T25:00",
        "inf", "2024-05-01T12:30:15+2", "2024-05-01T12:30:15 UTC"}) {
    EXPECT_FALSE(parse_moment(text)) << text;
  }
}

TEST(ClockWatch, TellsJumpsBackAndFarAhead) {
  ClockWatch watch;
  for (int i = 0; i < 12; ++i) EXPECT_EQ(watch.look_at(std::to_string(60 * i)), "");
  EXPECT_EQ(watch.look_at("1260"), "");  // ten steps of 60
  testing::expect_contains(watch.look_at("1200"), {"goes back", "from 1260 to 1200"});
  EXPECT_EQ(watch.look_at("1260"), "");
  testing::expect_contains(watch.look_at("90000"), {"jumps from 1260 to 90000", "times"});
  EXPECT_EQ(watch.look_at("90060"), "");  // and goes on from there
  testing::expect_contains(watch.look_at("noon"), {"expected a time", "'noon'"});
  EXPECT_EQ(watch.look_at("90120"), "");
}

TEST(ClockWatch, FirstStepsAreNoJumps) {
  ClockWatch watch;
  for (const char* time : {"0", "0", "1", "1000", "1001"}) EXPECT_EQ(watch.look_at(time), "");
}

TEST(ClockWatch, GoesOnFromItsState) {
  ClockWatch watch;
  for (int i = 0; i < 12; ++i) watch.look_at(std::to_string(i));
  const nlohmann::json state = watch.to_json();
  ClockWatch resumed = ClockWatch::from_json(formats::JsonFields(state, "state.json"));
  EXPECT_EQ(resumed.look_at("1000"), watch.look_at("1000"));
  EXPECT_NE(resumed.look_at("5"), "");
}

}  // namespace
}  // namespace hourglass::sources
