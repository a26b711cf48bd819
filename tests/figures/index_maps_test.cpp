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
  EXPECT_EQ(picture.at(0, 0), sample(row.map, 0));
  EXPECT_EQ(picture.at(1, 1), sample(row.map, 3.0 / 7));
}

TEST(IndexMaps, OfOnePlaceAreOnePixel) {
  EXPECT_EQ(index_map_row("", at::zeros({3, 1}), 1).images.sizes(),
            (std::vector<int64_t>{3, 1, 1}));
  testing::expect_contains(testing::error_of([] { index_map_row("", at::zeros({3, 4}), 5); }),
                           {"index maps: expected indices [N, h, w] or [N, 1]", "[3, 4]"});
}

}  // namespace
}  // namespace hourglass::figures
