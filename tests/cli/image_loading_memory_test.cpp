// What docs/limits.md promises of memory for folders of images, as programs open them. Images are
// compressed, so it is in terms of their pixels: width × height × channels bytes.

#include "hourglass/figures/image.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/figures/picture.h"
#include "hourglass/sources/images.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/support/peak_memory.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

namespace hourglass::cli {
namespace {

constexpr int64_t kPixelBytes = int64_t{16} << 20;  // of all images of a folder

struct ImagesOfFolder {
  std::string name;
  Shape shape;                ///< [C, H, W] of each
  sources::ImageSize resize;  ///< in reading
  double times;               ///< at most so many times their pixels, or their files' bytes
  const char* suffix = ".png";
};

class ImageLoadingMemory : public ::testing::TestWithParam<ImagesOfFolder> {};

/// Fills a folder with one image of noise under many names; how many bytes its pixels are, or the
/// files where those are more.
int64_t fill_with_noise(const testing::TemporaryFolder& folder, const ImagesOfFolder& images) {
  const std::filesystem::path first = folder / fmt::format("0{}", images.suffix);
  figures::to_picture(at::randint(256, images.shape, at::kFloat), {0, 255}).save(first);
  const int64_t pixels = element_count(images.shape), count = kPixelBytes / pixels;
  for (int64_t i = 1; i < count; ++i) {
    std::filesystem::create_hard_link(first, folder / fmt::format("{}{}", i, images.suffix));
  }
  return count * std::max(pixels, static_cast<int64_t>(std::filesystem::file_size(first)));
}

TEST_P(ImageLoadingMemory, IsAMultipleOfThePixels) {
  if (!figures::figures_available()) GTEST_SKIP() << "built without figures";
  const testing::TemporaryFolder folder;
  // The library that reads images, which takes more than some folders, is loaded here.
  const int64_t size = fill_with_noise(folder, GetParam());
  sources::set_image_library({figures::decode_image, figures::adapt_image});
  sources::DataOptions options;
  options.dataset = "images:" + folder.path().string();
  options.resize = GetParam().resize;
  options.validation = {datasets::Validation::Kind::None};
  testing::expect_peak(size, GetParam().times,
                       [&] { EXPECT_GT(sources::open_data(options, 1).info.total_rows, 0); });
}

// Small ones take more beside their pixels, large ones more while they are decoded. A resized image
// alone is the worst, as nothing but the copies of one image counts.
INSTANTIATE_TEST_SUITE_P(Sizes, ImageLoadingMemory,
                         ::testing::Values(ImagesOfFolder{"digits", {1, 28, 28}, {}, 6},
                                           ImagesOfFolder{"thumbnails", {3, 64, 64}, {}, 4},
                                           ImagesOfFolder{"photographs", {3, 836, 836}, {}, 6},
                                           ImagesOfFolder{"resized", {3, 2364, 2364}, {64, 64}, 9},
                                           ImagesOfFolder{"jpeg", {3, 836, 836}, {}, 6, ".jpg"}),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace hourglass::cli
