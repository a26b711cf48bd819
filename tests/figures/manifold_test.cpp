#include "hourglass/figures/manifold.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::region_of;

TEST(Manifold, FirstCoordinateGrowsToTheRightSecondDownwardsAndTilesTouch) {
  // Two rows of three images, each in its own shade of red.
  const at::Tensor red = (at::arange(6, at::kFloat) + 1) * 40 / 255;
  const at::Tensor images = at::stack({red, at::zeros({6}), at::zeros({6})}, 1)
                                .reshape({6, 3, 1, 1})
                                .expand({6, 3, 28, 28});
  const Picture picture = manifold(images, {-1, 0, 1}, {-2, 2});
  const auto tile = [&](int number) {
    return region_of(picture, {static_cast<uint8_t>(40 * number), 0, 0});
  };
  EXPECT_EQ(tile(2).left, tile(1).right + 1);
  EXPECT_EQ(tile(3).left, tile(2).right + 1);
  EXPECT_EQ(tile(4).top, tile(1).bottom + 1);
  EXPECT_EQ(tile(6).left, tile(3).left);
  EXPECT_EQ(tile(5).width() % 28, 0);
}

TEST(Manifold, RefusesAnotherNumberOfImages) {
  EXPECT_EQ(error_of([] { manifold(at::zeros({5, 1, 8, 8}), {0, 1}, {0, 1}); }),
            "manifold: expected 2 x 2 images for as many coordinates, found 5");
  EXPECT_EQ(error_of([] { manifold(at::zeros({4, 64}), {0, 1}, {0, 1}); }),
            "manifold: expected images [N, C, H, W] or [N, H, W], found [4, 64]");
}

}  // namespace
}  // namespace hourglass::figures
