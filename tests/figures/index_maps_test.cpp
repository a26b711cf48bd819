#include "hourglass/figures/index_maps.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::figures {
namespace {

TEST(IndexMaps, GiveEachNumberAColourOfItsOwn) {
  const ImageRow row = index_map_row("indices", at::arange(8).view({2, 2, 2}), 8);
  EXPECT_EQ(row.label, "indices");
  ASSERT_TRUE(row.range.has_value());
  const Picture picture = to_picture(row.images[0], *row.range, row.map);
  EXPECT_EQ(picture.width(), 2);
  EXPECT_EQ(picture.at(0, 0), color_table(row.map).front());
  EXPECT_EQ(picture.at(1, 1), color_table(row.map)[109]) << "3 of 0 … 7 in 256 steps";
}

TEST(IndexMaps, ABarTellsTheNumbers) {
  const ImageRow row = index_map_row("", at::arange(8).view({2, 2, 2}), 8);
  ImageRow grey = row;
  grey.map = ColorMap::Gray;
  const Picture with_bar = image_grid({row}), without = image_grid({grey});
  EXPECT_GT(with_bar.width(), without.width());
  EXPECT_EQ(with_bar.height(), without.height());
  // From the last colour above to the first below.
  const auto& colors = color_table(row.map);
  const int right_of_tiles = without.width() - 20;
  int highest = 0, lowest = 0;
  for (int y = 0; y < with_bar.height(); ++y) {
    for (int x = right_of_tiles; x < with_bar.width(); ++x) {
      if (with_bar.at(x, y) == colors[200]) highest = y;
      if (with_bar.at(x, y) == colors[60]) lowest = y;
    }
  }
  EXPECT_GT(highest, 0);
  EXPECT_GT(lowest, highest);
}

TEST(IndexMaps, OfOnePlaceAreOnePixel) {
  EXPECT_EQ(index_map_row("", at::zeros({3, 1}), 1).images.sizes(),
            (std::vector<int64_t>{3, 1, 1}));
  testing::expect_contains(testing::error_of([] {
                             index_map_row("", at::zeros({3, 4}), 5);
                           }),
                           {"index maps: expected indices [N, h, w] or [N, 1]", "[3, 4]"});
}

}  // namespace
}  // namespace hourglass::figures
