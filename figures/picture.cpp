#include "hourglass/figures/picture.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <string_view>

namespace hourglass::figures {

bool figures_available() { return true; }

bool is_picture_name(const std::filesystem::path& path) {
  return path.has_extension() && cv::haveImageWriter(path.string());
}

static_assert(sizeof(Color) == 3, "OpenCV reads pixels as three bytes each");

Picture::Picture(int width, int height, Color background) : width_(width), height_(height) {
  if (width < 1 || height < 1) {
    throw Error("picture: expected at least 1 x 1 pixels, found {} x {}", width, height);
  }
  pixels_.assign(static_cast<size_t>(width) * static_cast<size_t>(height), background);
}

Color Picture::at(int x, int y) const {
  if (x < 0 || x >= width_ || y < 0 || y >= height_) {
    throw Error("picture: expected a pixel within {} x {}, found ({}, {})", width_, height_, x, y);
  }
  return pixels_[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)];
}

bool Picture::has_color() const {
  return std::any_of(pixels_.begin(), pixels_.end(),
                     [](Color pixel) { return pixel.r != pixel.g || pixel.g != pixel.b; });
}

void Picture::save(const std::filesystem::path& path) const {
  const std::string suffix = path.extension().string();
  if (!is_picture_name(path)) {
    throw Error("{}: expected a picture's suffix such as .png or .jpg, found '{}'", path.string(),
                suffix);
  }
  // OpenCV does not write to the pixels that it encodes.
  const cv::Mat rgb(height_, width_, CV_8UC3, const_cast<Color*>(data()));
  cv::Mat stored;
  if (suffix == ".png" && !has_color()) {
    cv::extractChannel(rgb, stored, 0);
  } else {
    cv::cvtColor(rgb, stored, cv::COLOR_RGB2BGR);
  }
  std::vector<uint8_t> bytes;
  // Level 9 takes five times as long for 3 % less.
  cv::imencode(suffix, stored, bytes, {cv::IMWRITE_PNG_COMPRESSION, 6});
  write_file_atomically(
      path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace hourglass::figures
