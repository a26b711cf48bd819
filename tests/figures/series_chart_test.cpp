#include "hourglass/figures/series_chart.h"

#include "hourglass/figures/time_ticks.h"
#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::kBlue;
using testing::region_of;

constexpr Color kShade = {252, 216, 208};

std::vector<double> count_to(int count) {
  std::vector<double> numbers;
  numbers.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

TEST(SeriesChart, ShadesSpansInEveryPanel) {
  const std::vector<double> times = count_to(100);
  const std::vector<TimePanel> panels = {{"value", {{"series", times}}},
                                         {"score", {{"error", times}}, 50}};
  const Picture plain = series_chart(times, panels);
  EXPECT_EQ(region_of(plain, kShade).count, 0);
  const Picture shaded = series_chart(times, panels, {.spans = {{50, 60}}});
  const auto shade = region_of(shaded, kShade);
  EXPECT_GT(shade.height(), shaded.height() / 2);
  EXPECT_NEAR(shade.width(), shaded.width() / 10.0, shaded.width() / 40.0);
  EXPECT_GT(shade.left, shaded.width() / 2);
}

TEST(SeriesChart, NoPeakIsLostAmongManyValues) {
  std::vector<double> values(200'000, 0.0);
  values[100'001] = 1;
  const Picture picture = series_chart(count_to(200'000), {{"value", {{"series", values}}}});
  const auto curve = region_of(picture, kBlue);
  EXPECT_GT(curve.height(), picture.height() / 3);
}

TEST(SeriesChart, RefusesCurvesOfAnotherLength) {
  expect_contains(error_of([] {
                    series_chart({0, 1}, {{"v", {{"series", {1}}}}});
                  }),
                  {"expected 2 values of curve 'series'", "found 1"});
  expect_contains(error_of([] { series_chart({0, 1}, {}); }), {"panel"});
}

TEST(TimeTicks, StandAtRoundMoments) {
  constexpr double kMay1 = 1714521600;  // 2024-05-01
  const Ticks days = time_ticks(kMay1 - 3600, kMay1 + 3 * 86400, 6);
  EXPECT_EQ(days.labels, (std::vector<std::string>{"May 1", "May 2", "May 3", "May 4"}));
  EXPECT_EQ(days.values.front(), kMay1);
  const Ticks hours = time_ticks(kMay1 - 7200, kMay1 + 7200, 5);
  EXPECT_EQ(hours.labels, (std::vector<std::string>{"22:00", "23:00", "May 1", "01:00", "02:00"}));
}

TEST(TimeTicks, KnowMonthsAndYears) {
  constexpr double kNovember2023 = 1698796800, kMarch2024 = 1709251200;
  EXPECT_EQ(time_ticks(kNovember2023, kMarch2024, 6).labels,
            (std::vector<std::string>{"Nov", "Dec", "2024", "Feb", "Mar"}));
  EXPECT_EQ(time_ticks(0, 10 * 365.25 * 86400, 6).labels,
            (std::vector<std::string>{"1970", "1972", "1974", "1976", "1978", "1980"}));
}

}  // namespace
}  // namespace hourglass::figures
