#include "hourglass/figures/image_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/figures/image.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <opencv2/imgcodecs.hpp>

namespace hourglass::figures {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// uint8 [C, H, W] of values that differ from their neighbours.
at::Tensor ramp(int64_t channels, int64_t height, int64_t width) {
  return at::arange(channels * height * width)
      .mul(37)
      .remainder(256)
      .to(at::kByte)
      .view({channels, height, width});
}

fs::path save(const fs::path& path, const at::Tensor& image) {
  to_picture(image.to(at::kFloat), {0, 255}).save(path);
  return path;
}

TEST(ReadImage, GivesBackWhatAPictureSaved) {
  const TemporaryFolder folder;
  for (const int64_t channels : {1, 3}) {
    const at::Tensor image = ramp(channels, 5, 7);
    EXPECT_TRUE(read_image(save(folder / "a.png", image)).equal(image)) << channels;
  }
}

TEST(ReadImage, ModelValuesSurviveTheWayToAFileAndBack) {
  const TemporaryFolder folder;
  const at::Tensor all_bytes = at::arange(256).to(at::kByte).view({1, 16, 16});
  to_picture(all_bytes.to(at::kFloat) / 255).save(folder / "a.png");
  EXPECT_TRUE(read_image(folder / "a.png").equal(all_bytes));
}

TEST(ReadImage, KeepsRedGreenAndBlueInOrder) {
  const TemporaryFolder folder;
  const at::Tensor color = at::tensor({250, 120, 10}, at::kByte).view({3, 1, 1});
  EXPECT_TRUE(read_image(save(folder / "a.png", color)).equal(color));
  const at::Tensor area = color.expand({3, 16, 16});
  const at::Tensor jpeg = read_image(save(folder / "a.jpg", area));
  EXPECT_TRUE(jpeg.to(at::kInt).sub(area.to(at::kInt)).abs().le(3).all().item<bool>());
}

TEST(ReadImage, TakesSixteenBitsAndOpacity) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "deep.png").string(), cv::Mat(2, 3, CV_16UC1, cv::Scalar(0x80FF)));
  EXPECT_TRUE(read_image(folder / "deep.png").equal(at::full({1, 2, 3}, 0x80, at::kByte)));
  cv::imwrite((folder / "clear.png").string(), cv::Mat(2, 3, CV_8UC4, cv::Scalar(1, 2, 3, 0)));
  EXPECT_TRUE(read_image(folder / "clear.png")
                  .select(1, 0)
                  .select(1, 0)
                  .equal(at::tensor({3, 2, 1}, at::kByte)));
}

TEST(ReadImage, RefusesAFileCutOffAnywhere) {
  const TemporaryFolder folder;
  for (const std::string name : {"a.png", "a.jpg"}) {
    const std::string whole = read_file(save(folder / name, ramp(3, 9, 9)));
    for (size_t size = 0; size < whole.size(); ++size) {
      expect_contains(error_of([&] { decode_image(whole.substr(0, size), name); }),
                      {name + ": expected a PNG or JPEG image, found"});
    }
  }
}

TEST(ReadImage, RefusesAPngWithAnyByteChanged) {
  const TemporaryFolder folder;
  const std::string whole = read_file(save(folder / "a.png", ramp(1, 4, 4)));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_THROW(decode_image(damaged, "a.png"), Error) << i;
  }
}

TEST(ReadImage, SaysWhatAFileIsInstead) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { read_image(folder / "absent.png"); }),
                  {"absent.png", "No such file"});
  expect_contains(error_of([] { decode_image("", "a.png"); }), {"a.png", "an empty file"});
  expect_contains(error_of([] { decode_image("GIF89a", "a.png"); }), {"6 bytes of another kind"});
}

TEST(ReadImage, RefusesAFewBytesOfManyPixels) {
  const TemporaryFolder folder;
  const cv::Mat black = cv::Mat::zeros(12'000, 12'000, CV_8UC1);
  for (const std::string name : {"a.png", "a.jpg"}) {
    cv::imwrite((folder / name).string(), black);
    expect_contains(error_of([&] { read_image(folder / name); }),
                    {name, "unpack", "found 432,000,000", "HOURGLASS_UNPACK_RATIO"});
  }
}

TEST(ReadImages, KeepsImagesOfOneShapeAsTheyAre) {
  const TemporaryFolder folder;
  const at::Tensor first = ramp(3, 4, 6), second = ramp(3, 4, 6).flip({2});
  const ImagesRead read =
      read_images({save(folder / "a.png", first), save(folder / "b.png", second)});
  EXPECT_TRUE(read.values.equal(at::stack({first, second})));
  EXPECT_TRUE(read.adapted.empty());
}

TEST(ReadImages, ResizesByAreaWhereItShrinks) {
  const TemporaryFolder folder;
  const at::Tensor small = ramp(1, 2, 3);
  const at::Tensor large = small.repeat_interleave(4, 1).repeat_interleave(4, 2);
  const ImagesRead read = read_images(
      {save(folder / "large.png", large), save(folder / "small.png", small)}, Shape{1, 2, 3});
  EXPECT_TRUE(read.values.equal(at::stack({small, small})));
  ASSERT_EQ(read.adapted.size(), 1U);
  EXPECT_EQ(read.adapted[0].path, folder / "large.png");
  EXPECT_EQ(read.adapted[0].from, (Shape{1, 8, 12}));
}

TEST(ReadImages, EnlargesBetweenItsNeighbours) {
  const TemporaryFolder folder;
  const auto path = save(folder / "a.png", at::tensor({0, 200}, at::kByte).view({1, 1, 2}));
  const at::Tensor row = read_images({path}, Shape{1, 1, 4}).values.flatten();
  EXPECT_TRUE(row.equal(at::tensor({0, 50, 150, 200}, at::kByte)));
}

TEST(ReadImages, TurnsColourToGreyAndBack) {
  const TemporaryFolder folder;
  const auto color = save(folder / "color.png",
                          at::tensor({255, 0, 0}, at::kByte).view({3, 1, 1}).expand({3, 2, 2}));
  const auto grey = save(folder / "grey.png", at::full({1, 2, 2}, 9, at::kByte));
  const ImagesRead to_grey = read_images({color, grey}, Shape{1, 2, 2});
  EXPECT_EQ(to_grey.values[0].max().item<int>(), 76) << "0.299 · 255";
  ASSERT_EQ(to_grey.adapted.size(), 1U);
  EXPECT_EQ(to_grey.adapted[0].path, color);
  const ImagesRead to_color = read_images({grey, color});
  EXPECT_TRUE(to_color.values[0].equal(at::full({3, 2, 2}, 9, at::kByte)));
  ASSERT_EQ(to_color.adapted.size(), 1U);
  EXPECT_EQ(to_color.adapted[0].path, grey);
}

TEST(AdaptImage, DoesWhatReadImagesDoes) {
  const TemporaryFolder folder;
  const at::Tensor image = ramp(3, 9, 12);
  const auto path = save(folder / "a.png", image);
  for (const Shape& shape : {Shape{3, 9, 12}, Shape{1, 3, 4}, Shape{3, 20, 5}}) {
    EXPECT_TRUE(adapt_image(image, shape).equal(read_images({path}, shape).values[0]));
  }
  EXPECT_TRUE(adapt_image(ramp(1, 4, 4), {3, 4, 4}).equal(ramp(1, 4, 4).expand({3, 4, 4})));
  EXPECT_THROW(adapt_image(image, {2, 4, 4}), Error);
}

TEST(ReadImages, RefusesItemsThatAreNoImages) {
  const TemporaryFolder folder;
  const auto path = save(folder / "a.png", ramp(1, 2, 2));
  for (const Shape& shape : {Shape{4}, Shape{2, 4, 4}, Shape{1, 0, 4}}) {
    expect_contains(error_of([&] { read_images({path}, shape); }), {"items that are images"});
  }
  expect_contains(error_of([] { read_images({}); }), {"at least one image"});
}

}  // namespace
}  // namespace hourglass::figures
