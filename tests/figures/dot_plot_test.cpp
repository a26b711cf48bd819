#include "hourglass/figures/dot_plot.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::kBlue;
using testing::kNan;
using testing::region_of;

TEST(DotPlot, LargerValuesLieFurtherRightAndTheFirstRowIsAtTheTop) {
  const Picture rising = dot_plot({{"a", {1}}, {"b", {2}}});
  const Picture falling = dot_plot({{"a", {2}}, {"b", {1}}});
  const auto top_dot = [](const Picture& picture) {
    const auto all = region_of(picture, kBlue);
    for (int x = 0; x < picture.width(); ++x) {
      if (picture.at(x, all.top + 8) == kBlue) return x - all.left;
    }
    return -1;
  };
  EXPECT_LT(top_dot(rising), 20);
  EXPECT_GT(top_dot(falling), 500);
}

TEST(DotPlot, SeveralValuesAreJoinedFromTheLowestToTheHighest) {
  const auto joined = region_of(dot_plot({{"a", {1, 2, 3}}, {"b", {1}}}), kBlue);
  const auto apart = region_of(dot_plot({{"a", {1}}, {"b", {3}}}), kBlue);
  EXPECT_NEAR(joined.width(), apart.width(), 20);
  EXPECT_GT(joined.count, apart.count + joined.width());
}

TEST(DotPlot, DrawsRowsWithoutValues) {
  EXPECT_EQ(region_of(dot_plot({{"a", {}}, {"b", {kNan}}}), kBlue).count, 0);
}

TEST(DotPlot, RefusesToDrawNothing) {
  EXPECT_EQ(error_of([] { dot_plot({}); }), "dot plot: expected at least one row, found none");
}

}  // namespace
}  // namespace hourglass::figures
