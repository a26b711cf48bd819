#include "hourglass/figures/image.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <limits>
#include <vector>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::kNan;

TEST(ToPicture, DrawsAPixelAValueRowByRow) {
  const Picture picture =
      to_picture(at::tensor({0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 1.0F}).reshape({1, 2, 3}));
  EXPECT_EQ(picture.width(), 3);
  EXPECT_EQ(picture.height(), 2);
  EXPECT_EQ(picture.at(1, 0), (Color{51, 51, 51}));
  EXPECT_EQ(picture.at(2, 1), (Color{255, 255, 255}));
}

TEST(ToPicture, ClampsToTheRange) {
  const Picture picture = to_picture(at::tensor({-5.0F, 0.0F, 5.0F}).reshape({1, 3}), {-1, 1});
  EXPECT_EQ(picture.at(0, 0).r, 0);
  EXPECT_EQ(picture.at(1, 0).r, 128);
  EXPECT_EQ(picture.at(2, 0).r, 255);
}

TEST(ToPicture, ChannelsAreRedGreenBlueAndOpacityIsLeftOut) {
  const at::Tensor pixel = at::tensor({1.0F, 0.6F, 0.2F, 0.0F}).reshape({4, 1, 1});
  EXPECT_EQ(to_picture(pixel.narrow(0, 0, 3)).at(0, 0), (Color{255, 153, 51}));
  EXPECT_EQ(to_picture(pixel).at(0, 0), (Color{255, 153, 51}));
  EXPECT_EQ(to_picture(pixel.narrow(0, 0, 2)).at(0, 0), (Color{255, 153, 153}));
}

TEST(ToPicture, NotANumberIsMagentaInGreyAndInColour) {
  EXPECT_EQ(to_picture(at::full({1, 1, 1}, kNan)).at(0, 0), (Color{255, 0, 255}));
  EXPECT_EQ(to_picture(at::full({3, 1, 1}, kNan)).at(0, 0), (Color{255, 0, 255}));
}

TEST(ToPicture, TakesOtherTypesAndLayouts) {
  const at::Tensor image = at::arange(6, at::kDouble).reshape({2, 3}).t() / 5;
  EXPECT_EQ(to_picture(image).at(1, 0), (Color{153, 153, 153}));
}

TEST(ToPicture, RefusesOtherShapes) {
  EXPECT_EQ(error_of([] {
              to_picture(at::zeros({5, 2, 2}));
            }),
            "image: expected one to four channels [C, H, W], found [5, 2, 2]");
  EXPECT_EQ(error_of([] { to_picture(at::zeros({7})); }),
            "image: expected [H, W] or [C, H, W], found [7]");
  EXPECT_EQ(error_of([] { to_picture(at::Tensor()); }),
            "image: expected [H, W] or [C, H, W], found nothing");
}

TEST(RangeOf, PassesOverWhatIsNotFinite) {
  const ValueRange range =
      range_of(at::tensor(std::vector<float>{kNan, -2, 3, std::numeric_limits<float>::infinity()}));
  EXPECT_EQ(range.low, -2);
  EXPECT_EQ(range.high, 3);
  EXPECT_EQ(range_of(at::full({2}, kNan)).high, 1);
}

}  // namespace
}  // namespace hourglass::figures
