#include "hourglass/figures/manifold.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::region_of;

/// Two rows of three images, each in its own shade of red: image n is in red 40·(n + 1).
Picture picture_of_six(const ManifoldOptions& options) {
  const at::Tensor red = (at::arange(6, at::kFloat) + 1) * 40 / 255;
  const at::Tensor images = at::stack({red, at::zeros({6}), at::zeros({6})}, 1)
                                .reshape({6, 3, 1, 1})
                                .expand({6, 3, 28, 28});
  return manifold(images, {-1, 0, 1}, {-2, 2}, options);
}

testing::Region tile_of(const Picture& picture, int image) {
  return region_of(picture, {static_cast<uint8_t>(40 * (image + 1)), 0, 0});
}

TEST(Manifold, FirstCoordinateGrowsToTheRightSecondUpwardsAndTilesTouch) {
  const Picture picture = picture_of_six({});
  const auto tile = [&](int image) { return tile_of(picture, image); };
  EXPECT_EQ(tile(1).left, tile(0).right + 1);
  EXPECT_EQ(tile(2).left, tile(1).right + 1);
  EXPECT_EQ(tile(0).top, tile(3).bottom + 1) << "the second row lies above, as in a scatter";
  EXPECT_EQ(tile(5).left, tile(2).left);
  EXPECT_EQ(tile(4).width() % 28, 0);
}

TEST(Manifold, DownwardIsTheSameUpsideDownAndSaysSo) {
  const Picture up = picture_of_six({}), down = picture_of_six({.downward = true});
  EXPECT_EQ(tile_of(down, 3).top, tile_of(down, 0).bottom + 1);
  EXPECT_EQ(tile_of(down, 3).top, tile_of(up, 0).top);
  EXPECT_FALSE(testing::same_pixels(up, picture_of_six({.y_label = "component 1 (downwards)"})))
      << "the label is part of the picture";
}

TEST(Manifold, ValuesInColourHaveABar) {
  const at::Tensor images = at::rand({4, 1, 28, 28});
  const Picture grey = manifold(images, {0, 1}, {0, 1}),
                colored = manifold(images, {0, 1}, {0, 1}, {.map = ColorMap::Viridis});
  EXPECT_GT(colored.width(), grey.width());
}

TEST(Manifold, RefusesAnotherNumberOfImages) {
  EXPECT_EQ(error_of([] {
              manifold(at::zeros({5, 1, 8, 8}), {0, 1}, {0, 1});
            }),
            "manifold: expected 2 x 2 images for as many coordinates, found 5");
  EXPECT_EQ(error_of([] {
              manifold(at::zeros({4, 64}), {0, 1}, {0, 1});
            }),
            "manifold: expected images [N, C, H, W] or [N, H, W], found [4, 64]");
}

}  // namespace
}  // namespace hourglass::figures
