#include "hourglass/figures/picture.h"

#include "hourglass/core/files.h"
#include "hourglass/tests/support/support.h"

#include <opencv2/imgcodecs.hpp>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

Picture gradient() {
  Picture picture(5, 3);
  for (int i = 0; i < 15; ++i) {
    picture.data()[i] = {static_cast<uint8_t>(i), static_cast<uint8_t>(100 + i),
                         static_cast<uint8_t>(250 - i)};
  }
  return picture;
}

TEST(Picture, CountsColumnsFromTheLeftAndRowsFromTheTop) {
  const Picture picture = gradient();
  EXPECT_EQ(picture.at(4, 0), (Color{4, 104, 246}));
  EXPECT_EQ(picture.at(0, 2), (Color{10, 110, 240}));
  EXPECT_EQ(error_of([&] { picture.at(5, 0); }),
            "picture: expected a pixel within 5 x 3, found (5, 0)");
}

TEST(Picture, SavedFileHoldsTheSamePixels) {
  const TemporaryFolder folder;
  const Picture picture = gradient();
  picture.save(folder / "gradient.png");
  const cv::Mat bgr = cv::imread((folder / "gradient.png").string(), cv::IMREAD_COLOR);
  ASSERT_EQ(bgr.size(), cv::Size(5, 3));
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 5; ++x) {
      const auto& pixel = bgr.at<cv::Vec3b>(y, x);
      EXPECT_EQ((Color{pixel[2], pixel[1], pixel[0]}), picture.at(x, y));
    }
  }
}

TEST(Picture, TheSuffixChoosesTheFormat) {
  const TemporaryFolder folder;
  gradient().save(folder / "a.jpg");
  EXPECT_EQ(read_file(folder / "a.jpg").substr(0, 2), "\xff\xd8");
  expect_contains(error_of([&] { gradient().save(folder / "a.docx"); }),
                  {"a.docx", ".png", "'.docx'"});
  expect_contains(error_of([&] { gradient().save(folder / "a"); }), {"found ''"});
}

TEST(Picture, FailedSaveNamesTheFile) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { gradient().save(folder / "absent/a.png"); }), {"absent/a.png"});
}

TEST(Picture, NeedsAPixel) {
  EXPECT_EQ(error_of([] { Picture(0, 4); }),
            "picture: expected at least 1 x 1 pixels, found 0 x 4");
}

}  // namespace
}  // namespace hourglass::figures
