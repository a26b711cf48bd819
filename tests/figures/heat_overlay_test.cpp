#include "hourglass/figures/heat_overlay.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::expect_contains;

TEST(HeatOverlay, EnlargesSmallImagesByAWholeFactor) {
  const at::Tensor heat = at::rand({2, 2});
  EXPECT_EQ(heat_overlay(at::rand({1, 8, 8}), {}, heat).sizes(), at::IntArrayRef({3, 128, 128}));
  EXPECT_EQ(heat_overlay(at::rand({28, 28}), {}, heat).sizes(), at::IntArrayRef({3, 112, 112}));
  EXPECT_EQ(heat_overlay(at::rand({3, 200, 100}), {}, heat).sizes(),
            at::IntArrayRef({3, 200, 100}));
}

TEST(HeatOverlay, MixesImageAndHeatByTheOpacity) {
  // A black image under heat that is white everywhere, along grey.
  const HeatOptions options = {.map = ColorMap::Gray, .opacity = 0.25};
  const at::Tensor mixed = heat_overlay(at::zeros({128, 128}), {}, at::ones({4, 4}), options);
  EXPECT_TRUE(at::allclose(mixed, at::full({3, 128, 128}, 0.25)));
}

TEST(HeatOverlay, PutsTheHeatWhereItsMapHasIt) {
  at::Tensor heat = at::zeros({2, 2});
  heat[0][1] = 1;  // top right
  const HeatOptions options = {.map = ColorMap::Gray, .opacity = 1};
  const at::Tensor mixed = heat_overlay(at::rand({128, 128}), {}, heat, options);
  EXPECT_EQ(mixed[0][0][127].item<float>(), 1);
  EXPECT_EQ(mixed[0][0][0].item<float>(), 0);
  EXPECT_EQ(mixed[0][127][127].item<float>(), 0);
  // Bilinear: a quarter of the value in the middle of four.
  EXPECT_NEAR(mixed[0][64][64].item<float>(), 0.25, 0.02);
}

TEST(HeatOverlay, RefusesHeatThatIsNoMap) {
  expect_contains(error_of([] {
                    heat_overlay(at::rand({8, 8}), {}, at::rand({4}));
                  }),
                  {"heat [h, w]", "[4]"});
}

}  // namespace
}  // namespace hourglass::figures
