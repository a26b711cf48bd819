#include "hourglass/figures/line_plot.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <cmath>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::kBlue;
using testing::kNan;
using testing::kOrange;
using testing::region_of;

/// The height of the topmost blue pixel in a column.
int top_at(const Picture& picture, int column) {
  for (int y = 0; y < picture.height(); ++y) {
    if (picture.at(column, y) == kBlue) return y;
  }
  return -1;
}

TEST(LinePlot, LargerValuesLieHigherAndFurtherRight) {
  const Picture picture =
      line_plot({{"rising", {0, 1, 2}, {0, 1, 2}}, {"low", {0, 1, 2}, {0, 0, 0}}});
  EXPECT_EQ(picture.width(), 1440);
  EXPECT_EQ(picture.height(), 1080);
  const auto rising = region_of(picture, kBlue);
  const int quarter = rising.left + 3 * rising.width() / 4;
  EXPECT_LT(top_at(picture, quarter), 540);
  EXPECT_GT(region_of(picture, kOrange).bottom, 800);
}

TEST(LinePlot, ACurvePassesItsPoints) {
  const std::vector<double> values = {4, 1, 2.5, 0, 0.5};
  const Picture picture = line_plot({{"loss", {0, 1, 2, 3, 4}, values}});
  const int legend_left = 1200;  // above the curve's last stretch
  const auto line = region_of(picture, kBlue, legend_left);
  const auto marks = testing::grid_rows(picture, line.left - 10);
  ASSERT_GE(marks.size(), 2U);
  const double last = 1410 - 0.04 / 1.08 * (1410 - 95);  // the frame's right, less the air
  for (size_t i = 0; i < 4; ++i) {
    const double column = line.left + 2 + static_cast<double>(i) * (last - line.left) / 4;
    const double row = line.bottom - 2 - values[i] / 4 * (line.height() - 5);
    EXPECT_NEAR(top_at(picture, static_cast<int>(column)), row, 30) << "point " << i;
  }
}

TEST(LinePlot, LogarithmicAxisMakesExponentialDecayAStraightLine) {
  Series decay{"decay", {}, {}};
  for (int i = 0; i <= 10; ++i) {
    decay.x.push_back(i);
    decay.y.push_back(std::pow(10.0, -i));
  }
  const auto middle_of = [&](bool log_y) {
    const Picture picture = line_plot({decay}, {.log_y = log_y});
    const auto line = region_of(picture, kBlue, 1000);  // the legend is in the upper right corner
    return (top_at(picture, 800) - line.top) / static_cast<double>(line.height());
  };
  EXPECT_NEAR(middle_of(true), 0.8, 0.15);
  EXPECT_GT(middle_of(false), 0.95);
}

TEST(LinePlot, ValuesThatAreNotFiniteLeaveAGap) {
  const Picture whole = line_plot({{"a", {0, 1, 2, 3, 4}, {1, 1, 1, 1, 1}}});
  const Picture broken = line_plot({{"a", {0, 1, 2, 3, 4}, {1, 1, kNan, 1, 1}}});
  const auto line = region_of(whole, kBlue, 1000);
  const int middle = (130 + 1410) / 2;  // of the frame
  EXPECT_NE(top_at(whole, middle), -1);
  EXPECT_EQ(top_at(broken, middle), -1);
  EXPECT_NE(top_at(broken, line.left + 100), -1);
}

TEST(LinePlot, ASinglePointIsADot) {
  const Picture picture = line_plot({{"one epoch", {1}, {0.3}}});
  const auto dot = region_of(picture, kBlue, 1000);
  EXPECT_GT(dot.width(), 8);
  EXPECT_NEAR(dot.width(), dot.height(), 1);
}

TEST(LinePlot, TheLegendAvoidsTheCurve) {
  // A curve through the upper right corner, where the legend stands otherwise.
  const Picture rising = line_plot({{"a", {0, 1}, {0, 1}}}),
                falling = line_plot({{"a", {0, 1}, {1, 0}}});
  const auto blue_at = [](const Picture& picture, int left, int right) {
    return region_of(picture, kBlue, right).count - region_of(picture, kBlue, left).count;
  };
  EXPECT_GT(blue_at(falling, 1250, 1420), blue_at(rising, 1250, 1420));
}

TEST(LinePlot, DashedLinesHaveGaps) {
  const std::vector<double> x = {0, 1, 2, 3}, y = {1, 1, 1, 1};
  const auto runs_of_blue = [&](LineStyle style) {
    const Picture picture = line_plot({{"a", x, y, style}});
    const auto line = region_of(picture, kBlue, 1000);
    const int middle = static_cast<int>(line.center_y());
    int runs = 0;
    for (int column = 200; column < 1000; ++column) {
      if (picture.at(column, middle) == kBlue && picture.at(column - 1, middle) != kBlue) ++runs;
    }
    return runs;
  };
  EXPECT_EQ(runs_of_blue(LineStyle::Solid), 0);
  EXPECT_GT(runs_of_blue(LineStyle::Dashed), 20);
}

TEST(LinePlot, SeriesOfOneColorShareALegendEntry) {
  const std::vector<double> x = {0, 1};
  const Series up{"run", x, {0, 1}}, down{"run", x, {1, 0}};
  Series same = down;
  same.color = 0;
  EXPECT_EQ(region_of(line_plot({up, same}), kOrange).count, 0);
  EXPECT_GT(region_of(line_plot({up, down}), kOrange).count, 0);
}

TEST(LinePanels, StandBesideEachOtherWithOneLegend) {
  const std::vector<double> x = {0, 1, 2};
  const LinePanel panel{"loss", {{"a", x, {2, 1, 0.5}}, {"b", x, {1, 1, 1}}}};
  const Picture one = line_panels({panel}), two = line_panels({panel, panel}),
                four = line_panels({panel, panel, panel, panel});
  EXPECT_GT(two.width(), 1.7 * one.width());
  EXPECT_EQ(two.height(), one.height());
  EXPECT_EQ(four.width(), two.width());
  EXPECT_GT(four.height(), 1.9 * two.height());
  // Twice the curves, and still one entry a colour.
  const auto blue = region_of(one, kBlue).count, blue_of_two = region_of(two, kBlue).count;
  EXPECT_GT(blue_of_two, 1.8 * static_cast<double>(blue));
  EXPECT_LT(blue_of_two, 2 * blue);
  EXPECT_EQ(error_of([] { line_panels({}); }), "line panels: expected at least one, found none");
}

TEST(LinePlot, DrawsWhatHasNothingToDraw) {
  EXPECT_EQ(line_plot({{"nothing", {1, 2}, {kNan, kNan}}}).width(), 1440);
  EXPECT_EQ(line_plot({{"negative", {1, 2}, {-1, 0}}}, {.log_y = true}).width(), 1440);
}

TEST(LinePlot, RefusesEmptyAndUnevenSeries) {
  EXPECT_EQ(error_of([] { line_plot({}); }), "line plot: expected at least one series, found none");
  EXPECT_EQ(error_of([] {
              line_plot({{"loss", {1, 2}, {3}}});
            }),
            "line plot: expected as many y as x values in series 'loss', found 2 x and 1 y");
  EXPECT_EQ(error_of([] {
              line_plot({{"loss", {}, {}}});
            }),
            "line plot: expected as many y as x values in series 'loss', found 0 x and 0 y");
}

}  // namespace
}  // namespace hourglass::figures
