#include "hourglass/figures/bar_chart.h"
#include "hourglass/figures/filter_grid.h"
#include "hourglass/figures/histogram.h"
#include "hourglass/figures/vector_grid.h"
#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::kBlue;
using testing::kNan;
using testing::kOrange;
using testing::region_of;

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
  EXPECT_EQ(error_of([] { bar_chart({"a", "b"}, {{"ours", {1}}}); }),
            "bar chart: expected 2 values in series 'ours', one a category, found 1");
  EXPECT_EQ(error_of([] { bar_chart({"a"}, {}); }),
            "bar chart: expected categories and series, found 1 and 0");
}

TEST(Histogram, CountsOrSharesDecideTheHeights) {
  const HistogramGroup many = {"normal", at::cat({at::zeros({90}), at::ones({10})})},
                       few = {"odd", at::full({10}, 2.0)};
  const auto heights = [&](bool shares) {
    const Picture picture = histogram({many, few}, {.shares = shares, .bins = 4});
    const int middle = 700;  // left of it the first group alone, whose legend is further right
    return region_of(picture, kBlue, middle).height();
  };
  const Picture shares = histogram({many, few}, {.shares = true, .bins = 4});
  const auto frame_top = region_of(shares, kOrange).top;
  EXPECT_LT(frame_top, 200) << "all of the small group lie in one bin, which is the highest";
  EXPECT_GT(heights(false), heights(true));
}

TEST(Histogram, TheThresholdStandsBetweenTheGroups) {
  const Picture picture = histogram({{"normal", at::zeros({50})}, {"odd", at::ones({50})}},
                                    {.threshold = 0.5, .bins = 10});
  const auto normal = region_of(picture, kBlue, 1000);
  const Color ink = {38, 38, 38};
  int longest = 0, at = 0;
  for (int x = 0; x < picture.width(); ++x) {
    int length = 0;
    for (int y = 0; y < picture.height(); ++y) length += picture.at(x, y) == ink ? 1 : 0;
    if (length > longest) longest = length, at = x;
  }
  EXPECT_GT(longest, 800);
  EXPECT_NEAR(at, normal.left + 10 * 117 / 2, 60);
}

TEST(Histogram, LeavesOutWhatIsNotFiniteAndTakesEqualValues) {
  EXPECT_GT(histogram({{"broken", at::full({3}, kNan)}}).width(), 0);
  EXPECT_GT(region_of(histogram({{"equal", at::full({3}, 5.0)}}), kBlue).height(), 800);
}

TEST(Histogram, RefusesMatrices) {
  EXPECT_EQ(error_of([] { histogram({{"normal", at::zeros({2, 2})}}); }),
            "histogram: expected values [N] of group 'normal', found [2, 2]");
  EXPECT_EQ(error_of([] { histogram({}); }), "histogram: expected at least one group, found none");
}

TEST(FilterGrid, ScalesEachFilterAroundZero) {
  // The second filter is a thousand times weaker, but has the same pattern.
  const at::Tensor pattern = at::tensor({-1.0F, 0.0F, 0.5F, 1.0F}).reshape({1, 2, 2});
  const Picture picture = filter_grid(at::cat({pattern, pattern / 1000}));
  const auto largest = region_of(picture, {103, 0, 31}), zero = region_of(picture, {247, 247, 247});
  const int64_t cell = zero.count / 2;
  EXPECT_EQ(largest.count, 2 * cell);
  EXPECT_EQ(region_of(picture, {5, 48, 97}).count, 2 * cell);
  EXPECT_GT(largest.width(), 2 * zero.height()) << "one in each tile";
}

TEST(FilterGrid, DrawsFiltersOfZeros) {
  EXPECT_GT(region_of(filter_grid(at::zeros({1, 3, 3})), {247, 247, 247}).count, 9);
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

TEST(VectorGrid, RefusesRowsThatDoNotMatch) {
  const at::Tensor values = at::zeros({2, 4});
  EXPECT_EQ(error_of([] { vector_grid({}); }),
            "vector grid: expected at least one row, found none");
  EXPECT_EQ(
      error_of([&] { vector_grid({{"original", values}, {"reconstruction", at::zeros({2, 3})}}); }),
      "vector grid: expected [2, 4] in row 'reconstruction' as in row 'original', found [2, 3]");
  EXPECT_EQ(error_of([&] { vector_grid({{"original", values}}, {.captions = {"x"}}); }),
            "vector grid: expected 2 captions, one an item, found 1");
  EXPECT_EQ(error_of([&] { vector_grid({{"original", values}}, {.feature_names = {"x"}}); }),
            "vector grid: expected 4 names, one a feature, found 1");
}

}  // namespace
}  // namespace hourglass::figures
