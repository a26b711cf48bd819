#include "hourglass/figures/image_grid.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::region_of;

/// Images of one colour each; text is grey, so that their pixels are found by colour.
at::Tensor numbered_images(int64_t count, int64_t side) {
  const at::Tensor red = (at::arange(count, at::kFloat) + 1) * 10 / 255;
  return at::stack({red, at::zeros({count}), at::ones({count})}, 1)
      .reshape({-1, 3, 1, 1})
      .expand({count, 3, side, side});
}

Color color_of(int number) { return {static_cast<uint8_t>(10 * number), 0, 255}; }

TEST(ImageGrid, EnlargesByAWholeFactorAndShowsEveryPixel) {
  const Picture picture = image_grid({{.images = numbered_images(1, 8)}});
  const auto tile = region_of(picture, color_of(1));
  EXPECT_EQ(tile.width() % 8, 0);
  EXPECT_EQ(tile.height(), tile.width());
  EXPECT_EQ(tile.count, tile.width() * tile.height());
  EXPECT_GE(tile.width(), 300) << "a single small image must be legible";
}

TEST(ImageGrid, RowsLieBelowEachOtherWithTheItemsInColumns) {
  const at::Tensor originals = numbered_images(3, 8);
  const Picture picture = image_grid({{.label = "original", .images = originals},
                                      {.label = "reconstruction", .images = originals.flip(1)}});
  const auto first = region_of(picture, color_of(1)), third = region_of(picture, color_of(3));
  const auto first_below = region_of(picture, {255, 0, 10});
  EXPECT_LT(first.right, third.left);
  EXPECT_EQ(first.top, third.top);
  EXPECT_EQ(first.left, first_below.left);
  EXPECT_LT(first.bottom, first_below.top);
}

TEST(ImageGrid, ContinuesBelowWhenTheColumnsAreFull) {
  const at::Tensor images = numbered_images(5, 8);
  const Picture picture = image_grid({{.images = images}, {.images = images}}, {.columns = 2});
  const auto first = region_of(picture, color_of(1)), second = region_of(picture, color_of(2));
  const auto third = region_of(picture, color_of(3)), fifth = region_of(picture, color_of(5));
  EXPECT_EQ(first.left, third.left);
  EXPECT_EQ(first.left, fifth.left);
  EXPECT_GT(second.left, first.right);
  EXPECT_GT(third.top, first.bottom) << "both rows of the first two items come first";
}

TEST(ImageGrid, ASingleRowOfManyBecomesAGrid) {
  const Picture picture = image_grid({{.images = numbered_images(16, 8)}});
  EXPECT_EQ(region_of(picture, color_of(1)).left, region_of(picture, color_of(5)).left);
  EXPECT_EQ(region_of(picture, color_of(1)).top, region_of(picture, color_of(4)).top);
}

TEST(ImageGrid, ClampsByDefaultAndScalesARowWhenAsked) {
  const at::Tensor images = at::tensor({-1.0F, 1.0F, 3.0F}).reshape({3, 1, 1}).expand({3, 8, 8});
  const Picture clamped = image_grid({{.images = images}}),
                scaled = image_grid({{.images = images, .range = std::nullopt}});
  EXPECT_EQ(region_of(clamped, {128, 128, 128}).count, 0);
  EXPECT_GT(region_of(scaled, {128, 128, 128}).count, 0);
}

TEST(ImageGrid, WidensColumnsForLongCaptions) {
  const at::Tensor images = numbered_images(10, 8);
  const std::vector<std::string> captions(10, "Ankle boot");
  const Picture plain = image_grid({{.images = images}}, {.columns = 10});
  const Picture named = image_grid({{.images = images, .captions = captions}}, {.columns = 10});
  EXPECT_GT(named.width(), plain.width());
  EXPECT_EQ(region_of(named, color_of(1)).width(), region_of(plain, color_of(1)).width());
}

TEST(ImageGrid, ShrinksLargeImagesToFit) {
  const Picture picture = image_grid({{.images = numbered_images(8, 2000)}}, {.columns = 8});
  EXPECT_LT(picture.width(), 1600);
  EXPECT_GT(region_of(picture, color_of(8)).width(), 100);
}

TEST(ImageGrid, RefusesRowsThatDoNotMatch) {
  const at::Tensor images = at::zeros({3, 1, 8, 8});
  EXPECT_EQ(error_of([] { image_grid({}); }), "image grid: expected at least one row, found none");
  EXPECT_EQ(error_of([&] {
              image_grid({{.label = "a", .images = images}, {.label = "b", .images = images[0]}});
            }),
            "image grid: expected 3 images in row 'b' as in row 'a', found 1");
  EXPECT_EQ(error_of([&] { image_grid({{.label = "a", .images = images, .captions = {"x"}}}); }),
            "image grid: expected a caption for each of 3 images in row 'a', found 1");
  EXPECT_EQ(error_of([&] {
              image_grid({{.images = at::zeros({3, 4})}});
            }),
            "image grid: expected images [N, C, H, W] or [N, H, W], found [3, 4]");
}

}  // namespace
}  // namespace hourglass::figures
