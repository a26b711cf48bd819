#include "hourglass/evaluation/ssim.h"

#include "hourglass/tests/evaluation/image_pairs.h"
#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::evaluation {
namespace {

TEST(Ssim, EqualsScikitImageOnTwentyImages) {
  const nlohmann::json images = testing::reference("images");
  ASSERT_EQ(images.size(), 20U);
  for (size_t n = 0; n < images.size(); ++n) {
    const auto& expected = images[n];
    const auto [clean, noisy] =
        testing::image_pair(static_cast<int64_t>(n), expected["channels"].get<int64_t>());
    ASSERT_EQ(clean.size(-2), expected["height"].get<int64_t>());
    ASSERT_EQ(clean.size(-1), expected["width"].get<int64_t>());
    EXPECT_NEAR(item_ssim(clean, noisy, 255).item<double>(), expected["ssim"].get<double>(), 1e-6)
        << "image " << n;
  }
}

TEST(Ssim, IsOneForEqualImagesAndTheSameInBothOrders) {
  const auto [clean, noisy] = testing::image_pair(9, 1);
  EXPECT_DOUBLE_EQ(item_ssim(clean, clean, 255).item<double>(), 1);
  EXPECT_NEAR(item_ssim(clean, noisy, 255).item<double>(),
              item_ssim(noisy, clean, 255).item<double>(), 1e-12);
}

TEST(Ssim, MeasuresEachItemOfABatchAlone) {
  const auto [clean, noisy] = testing::image_pair(9, 1);
  const at::Tensor both = item_ssim(at::cat({clean, clean}), at::cat({noisy, clean}), 255);
  EXPECT_DOUBLE_EQ(both[0].item<double>(), item_ssim(clean, noisy, 255).item<double>());
  EXPECT_DOUBLE_EQ(both[1].item<double>(), 1);
}

TEST(Ssim, NeedsImagesAsLargeAsItsWindow) {
  EXPECT_TRUE(has_ssim({1, 28, 28}));
  EXPECT_TRUE(has_ssim({11, 11}));
  EXPECT_FALSE(has_ssim({1, 11, 10}));
  EXPECT_FALSE(has_ssim({64}));
  const at::Tensor small = at::rand({2, 1, 8, 8});
  testing::expect_contains(testing::error_of([&] { item_ssim(small, small, 1); }),
                           {"at least 11 pixels", "8 x 8"});
}

}  // namespace
}  // namespace hourglass::evaluation
