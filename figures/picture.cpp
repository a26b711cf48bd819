#include "hourglass/figures/picture.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/figures/opencv.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace hourglass::figures {

namespace {

// Known without OpenCV, whose hundred libraries would be loaded for the answer alone.
constexpr std::array<std::string_view, 4> kTextSuffixes = {".csv", ".json", ".tsv", ".txt"};

}  // namespace

bool is_picture_name(const std::filesystem::path& path) {
  const std::string suffix = path.extension().string();
  if (suffix.empty() || std::ranges::count(kTextSuffixes, suffix) > 0) return false;
  return opencv().writes(path.string());
}

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
  PixelView stored = view(*this);
  std::vector<uint8_t> grey;
  if (suffix == ".png" && !has_color()) {
    for (const Color& pixel : pixels_) grey.push_back(pixel.r);
    stored = {grey.data(), height_, width_, 1};
  }
  const std::vector<uint8_t> bytes = opencv().encode(stored, suffix);
  if (bytes.empty()) {
    throw Error("{}: {} x {} pixels could not be compressed: is memory short?", path.string(),
                width_, height_);
  }
  write_file_atomically(
      path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace hourglass::figures
