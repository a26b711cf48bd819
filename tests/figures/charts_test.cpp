#include "hourglass/figures/bar_chart.h"
#include "hourglass/figures/filter_grid.h"
#include "hourglass/figures/histogram.h"
#include "hourglass/figures/vector_grid.h"
#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::grid_rows;
using testing::kBlue;
using testing::kNan;
using testing::kOrange;
using testing::region_of;
using testing::same_pixels;

/// The lowest pixel of a colour in a column, -1 where there is none.
int lowest_at(const Picture& picture, Color color, int column) {
  for (int y = picture.height() - 1; y >= 0; --y) {
    if (picture.at(column, y) == color) return y;
  }
  return -1;
}

/// Where the outline of a histogram's bars stands on the axis: its ends and its base.
struct OutlineFoot {
  int left = 0, right = 0, base = 0;

  double column(double share) const { return left + share * (right - left); }
};

OutlineFoot foot_of(const Picture& picture, Color color) {
  OutlineFoot foot{.left = picture.width(), .base = region_of(picture, color).bottom - 1};
  for (int x = 0; x < picture.width(); ++x) {
    if (picture.at(x, foot.base - 4) != color) continue;
    foot.left = std::min(foot.left, x + 1);  // the middle of a line of three pixels
    foot.right = std::max(foot.right, x - 1);
  }
  return foot;
}

/// The heights of bars of equal width that stand there, in pixels.
std::vector<int> heights_of_bars(const Picture& picture, Color color, int bins,
                                 const OutlineFoot& foot) {
  std::vector<int> heights;
  for (int bin = 0; bin < bins; ++bin) {
    const auto column = static_cast<int>(foot.column((bin + 0.5) / bins));
    heights.push_back(foot.base - lowest_at(picture, color, column) + 1);
  }
  return heights;
}

TEST(BarChart, BarsReachTheMarksOfTheirValues) {
  // Marks at 8, 7 … 1 above the frame: the bars of 8, 5 and 2 end at the first, fourth and seventh.
  const Picture picture = bar_chart({"a", "b", "c"}, {{"ours", {8, 5, 2}}});
  const int beside_the_bars = 100;  // between the frame's left side and the first bar
  const auto marks = grid_rows(picture, beside_the_bars);
  ASSERT_EQ(marks.size(), 8U);
  const auto top_of = [&](double share) {
    const int column = static_cast<int>(90 + share * 1170);
    for (int y = 0; y < picture.height(); ++y) {
      if (picture.at(column, y) == kBlue) return y;
    }
    return -1;
  };
  EXPECT_NEAR(top_of(1 / 6.0), marks[0], 2);
  EXPECT_NEAR(top_of(3 / 6.0), marks[3], 2);
  EXPECT_NEAR(top_of(5 / 6.0), marks[6], 2);
}

TEST(BarChart, BarsAreAsHighAsTheirValues) {
  const Picture picture = bar_chart({"MSE"}, {{"ours", {1}}, {"PCA", {2}}});
  const int legend_left = 1400;
  const auto ours = region_of(picture, kBlue, legend_left),
             pca = region_of(picture, kOrange, legend_left);
  EXPECT_NEAR(pca.height(), 2 * ours.height(), 3);
  EXPECT_EQ(pca.bottom, ours.bottom);
  EXPECT_LT(ours.right, pca.left);
}

TEST(BarChart, NegativeValuesHangAndMissingOnesLeaveAGap) {
  const Picture picture = bar_chart({"a", "b"}, {{"ours", {-1, kNan}}, {"PCA", {1, kNan}}});
  const int legend_left = 1400;
  const auto down = region_of(picture, kBlue, legend_left),
             up = region_of(picture, kOrange, legend_left);
  EXPECT_NEAR(down.top, up.bottom, 1);
  EXPECT_LT(up.right, 800) << "nothing stands over 'b'";
}

TEST(BarChart, RefusesUnevenSeries) {
  EXPECT_EQ(error_of([] {
              bar_chart({"a", "b"}, {{"ours", {1}}});
            }),
            "bar chart: expected 2 values in series 'ours', one a category, found 1");
  EXPECT_EQ(error_of([] { bar_chart({"a"}, {}); }),
            "bar chart: expected categories and series, found 1 and 0");
}

TEST(Histogram, CountsTheValuesOfEachBin) {
  // 0 … 3 in three bins; the upper edge of the last belongs to it.
  const HistogramGroup group = {"errors", at::cat({at::zeros({60}), at::full({25}, 1.5),
                                                   at::full({10}, 2.5), at::full({5}, 3.0)})};
  const Picture picture = histogram({group}, {.bins = 3});
  const auto heights = heights_of_bars(picture, kBlue, 3, foot_of(picture, kBlue));
  EXPECT_GT(heights[0], 600) << "the highest fills the plot";
  EXPECT_NEAR(heights[1], heights[0] * 25 / 60.0, 3);
  EXPECT_NEAR(heights[2], heights[0] * 15 / 60.0, 3);
}

TEST(Histogram, CountsOrSharesDecideTheHeights) {
  // A hundred values beside ten: of both groups half lie in the first bin, half in the last.
  const HistogramGroup many = {"normal", at::cat({at::zeros({50}), at::ones({50})})},
                       few = {"odd", at::cat({at::zeros({5}), at::ones({5})})};
  const auto height_of = [&](bool shares, Color color) {
    const Picture picture = histogram({many, few}, {.shares = shares, .bins = 4});
    // The second group's outline lies on that of the first.
    return heights_of_bars(picture, color, 4, foot_of(picture, kOrange))[0];
  };
  EXPECT_NEAR(height_of(false, kBlue), 10 * height_of(false, kOrange), 25);
  EXPECT_NEAR(height_of(true, kOrange), height_of(false, kBlue), 3);
}

TEST(Histogram, TheThresholdStandsAtItsValue) {
  const Picture picture = histogram({{"errors", at::cat({at::zeros({50}), at::ones({50})})}},
                                    {.threshold = 0.25, .bins = 10});
  const Color ink = {38, 38, 38};
  int longest = 0, at = 0;
  for (int x = 0; x < picture.width(); ++x) {
    int length = 0;
    for (int y = 0; y < picture.height(); ++y) length += picture.at(x, y) == ink ? 1 : 0;
    if (length > longest) longest = length, at = x;
  }
  EXPECT_GT(longest, 800);
  EXPECT_NEAR(at, foot_of(picture, kBlue).column(0.25), 4);
}

TEST(Histogram, LeavesOutWhatIsNotFinite) {
  const at::Tensor finite = at::tensor({1.0, 2.0, 2.5});
  const at::Tensor mixed =
      at::cat({finite, at::tensor({kNan, std::numeric_limits<double>::infinity()})});
  EXPECT_TRUE(same_pixels(histogram({{"errors", finite}}), histogram({{"errors", mixed}})));
  const Picture nothing = histogram({{"broken", at::full({3}, kNan)}});
  EXPECT_LT(region_of(nothing, kBlue, 900).height(), 10) << "a line on the axis, no bar";
}

TEST(Histogram, EqualValuesAreOneBar) {
  EXPECT_GT(region_of(histogram({{"equal", at::full({3}, 5.0)}}), kBlue).height(), 800);
}

TEST(Histogram, RefusesMatrices) {
  EXPECT_EQ(error_of([] {
              histogram({{"normal", at::zeros({2, 2})}});
            }),
            "histogram: expected values [N] of group 'normal', found [2, 2]");
  EXPECT_EQ(error_of([] { histogram({}); }), "histogram: expected at least one group, found none");
}

constexpr int kTwoTiles = 940;  // right of two tiles of 450 pixels stands the bar

TEST(FilterGrid, ScalesEachFilterAroundZero) {
  // The second filter is a thousand times weaker, but has the same pattern.
  const at::Tensor pattern = at::tensor({-1.0F, 0.0F, 0.5F, 1.0F}).reshape({1, 2, 2});
  const Picture picture = filter_grid(at::cat({pattern, pattern / 1000}));
  const auto largest = region_of(picture, {103, 0, 31}, kTwoTiles),
             zero = region_of(picture, color_table(ColorMap::RedBlue)[128], kTwoTiles);
  const int64_t cell = int64_t{225} * 225;
  EXPECT_EQ(zero.count, 2 * cell);
  EXPECT_EQ(largest.count, 2 * cell);
  EXPECT_EQ(region_of(picture, {5, 48, 97}, kTwoTiles).count, 2 * cell);
  EXPECT_GT(largest.width(), 2 * 225) << "one in each tile";
}

TEST(FilterGrid, ABarTellsWhatTheColoursMean) {
  const at::Tensor filters = at::rand({2, 1, 2, 2});
  const Picture grey = filter_grid(filters), colored = filter_grid(filters.expand({2, 3, 2, 2}));
  EXPECT_GT(grey.width(), colored.width()) << "colour filters are no map of one value";
  EXPECT_GT(region_of(grey, {103, 0, 31}).right, kTwoTiles) << "the largest weight";
}

TEST(FilterGrid, DrawsFiltersOfZeros) {
  const Picture picture = filter_grid(at::zeros({1, 3, 3}));
  EXPECT_EQ(region_of(picture, color_table(ColorMap::RedBlue)[128], 490).count, 450 * 450);
}

TEST(VectorGrid, ALinePassesTheValuesOfAnItem) {
  const at::Tensor item = at::tensor({0.0F, 1.0F, 0.25F, 0.5F, 0.0F}).unsqueeze(0);
  const Picture picture = vector_grid({{"", item}});
  const auto line = region_of(picture, kBlue);
  const double radius = 6, first = line.left + radius, last = line.right - radius;
  const double bottom = line.bottom - radius, top = line.top + radius;
  for (int i = 0; i < 5; ++i) {
    const double column = first + i * (last - first) / 4;
    const double row = bottom - item[0][i].item<double>() * (bottom - top);
    EXPECT_EQ(picture.at(static_cast<int>(column), static_cast<int>(row)), kBlue) << "value " << i;
  }
}

TEST(VectorGrid, DrawsALineARowInEachItemsPlot) {
  const at::Tensor low = at::zeros({2, 4}), high = at::ones({2, 4});
  const Picture picture = vector_grid({{"original", low}, {"reconstruction", high}});
  const int first_plot_right = 440;
  const auto original = region_of(picture, kBlue, first_plot_right);
  const auto reconstruction = region_of(picture, kOrange, first_plot_right);
  EXPECT_GT(original.top, reconstruction.bottom);
  EXPECT_NEAR(original.left, reconstruction.left, 1);
  EXPECT_GT(region_of(picture, kBlue, 880).width(), original.width())
      << "the second item has a plot too";
}

TEST(VectorGrid, ASingleRowHasNoLegend) {
  constexpr Color kLegendFrame = {204, 204, 204};
  const at::Tensor values = at::rand({3, 4});
  const Picture one = vector_grid({{"", values}}),
                two = vector_grid({{"original", values}, {"output", values}});
  EXPECT_GT(two.width(), one.width() + 100);
  EXPECT_LT(region_of(one, kLegendFrame).count, 100) << "the edges of letters alone";
  EXPECT_GT(region_of(two, kLegendFrame).count, 500);
}

TEST(VectorGrid, RefusesRowsThatDoNotMatch) {
  const at::Tensor values = at::zeros({2, 4});
  EXPECT_EQ(error_of([] { vector_grid({}); }),
            "vector grid: expected at least one row, found none");
  EXPECT_EQ(
      error_of([&] {
        vector_grid({{"original", values}, {"reconstruction", at::zeros({2, 3})}});
      }),
      "vector grid: expected [2, 4] in row 'reconstruction' as in row 'original', found [2, 3]");
  EXPECT_EQ(error_of([&] {
              vector_grid({{"original", values}}, {.captions = {"x"}});
            }),
            "vector grid: expected 2 captions, one an item, found 1");
  EXPECT_EQ(error_of([&] {
              vector_grid({{"original", values}}, {.feature_names = {"x"}});
            }),
            "vector grid: expected 4 names, one a feature, found 1");
}

}  // namespace
}  // namespace hourglass::figures
