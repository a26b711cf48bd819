#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace hourglass::figures {

/// Whether the project was built with OpenCV; without it everything that draws throws `Error`.
bool figures_available();

/// Whether a picture can be saved under this name: its suffix is ".png", ".jpg" or whatever else
/// OpenCV writes.
bool is_picture_name(const std::filesystem::path& path);

struct Color {
  uint8_t r = 0, g = 0, b = 0;

  bool operator==(const Color&) const = default;
};

inline constexpr Color kWhite = {255, 255, 255};

/// Pixels in memory, row by row from the top.
class Picture {
 public:
  /// Throws `Error` unless both sides are at least one pixel.
  Picture(int width, int height, Color background = kWhite);

  int width() const { return width_; }
  int height() const { return height_; }

  /// Column x from the left, row y from the top. Throws `Error` outside the picture.
  Color at(int x, int y) const;

  /// height() rows of width() pixels without gaps.
  Color* data() { return pixels_.data(); }
  const Color* data() const { return pixels_.data(); }

  /// Whether any pixel is not grey.
  bool has_color() const;

  /// Writes the file in one step (see core/files.h), in the format its suffix names. A PNG without
  /// colour gets a single channel. Throws `Error` when the suffix is unknown or the file cannot be
  /// written.
  void save(const std::filesystem::path& path) const;

 private:
  int width_, height_;
  std::vector<Color> pixels_;
};

}  // namespace hourglass::figures
