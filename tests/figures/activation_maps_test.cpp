#include "hourglass/figures/activation_maps.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::kBlack;
using testing::region_of;

/// Zeros but for the value 1 at `hot`, drawn along RedBlue: its ends occur nowhere else in the
/// picture.
Picture map_of(const std::vector<int64_t>& shape, int64_t hot) {
  at::Tensor value = at::zeros(shape);
  value.view(-1)[hot] = 1;
  return activation_maps({{"layer", value}}, {.map = ColorMap::RedBlue});
}

constexpr Color kLowest = {5, 48, 97}, kHighest = {103, 0, 31};
constexpr int kMapTop = 100;  // above it stands the layer's scale, with the same colours

/// Pixels of the map itself.
testing::Region on_map(const Picture& picture, Color color) {
  return region_of(picture, color, picture.width(), kMapTop);
}

TEST(ActivationMaps, FoldsAFlatImageIntoASquare) {
  const Picture picture = map_of({784}, 0);
  const auto map = on_map(picture, kLowest), first = on_map(picture, kHighest);
  EXPECT_EQ(map.width(), map.height());
  EXPECT_EQ(map.width(), 28 * first.width());
  EXPECT_EQ(first.left, map.left);
}

TEST(ActivationMaps, FoldsVectorsIntoFullRows) {
  const Picture picture = map_of({50}, 10);
  const auto map = on_map(picture, kLowest), eleventh = on_map(picture, kHighest);
  EXPECT_EQ(map.width(), 10 * eleventh.width());
  EXPECT_EQ(map.height(), 5 * eleventh.height());
  EXPECT_EQ(eleventh.left, map.left) << "ten a row, so the eleventh begins the second";
  EXPECT_EQ(eleventh.top, map.top + eleventh.height());
}

TEST(ActivationMaps, SequencesAreMatricesWithTimeDownwards) {
  const Picture picture = map_of({8, 20}, 20);
  const auto map = on_map(picture, kLowest), hot = on_map(picture, kHighest);
  EXPECT_EQ(map.height(), 8 * hot.height());
  EXPECT_EQ(hot.left, map.left);
  EXPECT_EQ(hot.top, map.top + hot.height());
}

TEST(ActivationMaps, ChannelsAreTiles) {
  const Picture picture =
      map_of({32, 4, 4}, 128);  // the corner of the ninth tile: first of the second row
  const auto map = on_map(picture, kLowest), hot = on_map(picture, kHighest);
  EXPECT_EQ(hot.left, map.left);
  EXPECT_GT(map.width(), 8 * 4 * hot.width());
  EXPECT_GT(hot.top, map.top + 4 * hot.height());
}

TEST(ActivationMaps, AScaleAboveTheMapHasItsColoursInOrder) {
  const Picture picture = map_of({784}, 0);
  int last_blue = -1, first_red = picture.width(), reds = 0;
  for (int y = 0; y < kMapTop; ++y) {
    for (int x = 0; x < picture.width(); ++x) {
      const Color color = picture.at(x, y);
      if (color.b > color.r + 60) last_blue = std::max(last_blue, x);
      if (color.r <= color.b + 60) continue;
      first_red = std::min(first_red, x);
      ++reds;
    }
  }
  EXPECT_GT(reds, 100);
  EXPECT_GT(last_blue, 0);
  EXPECT_GT(first_red, last_blue);
}

TEST(ActivationMaps, SeveralLayersSayThatEachHasItsOwnScale) {
  const ActivationMap layer = {"layer", at::rand({16})};
  EXPECT_GT(activation_maps({layer, layer}).height(), activation_maps({layer}).height());
}

TEST(ActivationMaps, StaysOfAWidthThatFitsAPage) {
  const std::vector<ActivationMap> layers(20, {"encoder.convolution", at::rand({32, 28, 28})});
  EXPECT_LE(activation_maps(layers).width(), 1850);
}

TEST(ActivationMaps, ALayerThatIsSilentIsBlack) {
  EXPECT_GT(region_of(activation_maps({{"dead", at::zeros({784})}}), kBlack).count, 28 * 28);
}

TEST(ActivationMaps, AroundZeroGivesZeroTheMiddleColour) {
  const at::Tensor value = at::tensor({0.0F, 0.0F, 2.0F, -1.0F});
  const Picture picture =
      activation_maps({{"layer", value}}, {.map = ColorMap::RedBlue, .around_zero = true});
  EXPECT_GT(on_map(picture, kHighest).count, 0);
  EXPECT_EQ(on_map(picture, kLowest).count, 0) << "-1 is but half way to the other end";
  EXPECT_GT(region_of(picture, color_table(ColorMap::RedBlue)[64]).count, 0);
}

TEST(ActivationMaps, ErrorsNameTheLayer) {
  EXPECT_EQ(error_of([] { activation_maps({}); }),
            "activation maps: expected at least one layer, found none");
  EXPECT_EQ(
      error_of([] {
        activation_maps({{"code", at::zeros({1, 2, 3, 4})}});
      }),
      "activation maps: expected layer 'code' as [D], [T, F] or [C, H, W], found [1, 2, 3, 4]");
}

}  // namespace
}  // namespace hourglass::figures
