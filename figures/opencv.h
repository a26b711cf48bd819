#pragma once

#include "hourglass/figures/geometry.h"
#include "hourglass/figures/picture.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Private to the room: the few things that OpenCV does for it, in types of our own. OpenCV brings
// more than a hundred shared libraries, and they take as long to load as a small run takes to
// train. So no program links it: a library of its own does (opencv_library.cpp), which is loaded
// when a picture is first drawn or read.

namespace hourglass::figures {

/// Bytes row by row from the top without gaps, the channels of a pixel side by side: one (grey), or
/// red, green and blue.
struct PixelView {
  const uint8_t* bytes;
  int height, width, channels;
};

static_assert(sizeof(Color) == 3, "the pixels of a picture are three bytes each");

inline PixelView view(const Picture& picture) {
  return {&picture.data()->r, picture.height(), picture.width(), 3};
}

struct Pixels {
  int height = 0, width = 0, channels = 0;
  std::vector<uint8_t> bytes;

  PixelView view() const { return {bytes.data(), height, width, channels}; }
};

enum class Resizing {
  Nearest,  ///< repeats pixels
  Area,     ///< averages the pixels that become one
  Linear
};

class OpenCv {
 public:
  /// Whether a file can be written in the format of this name's suffix.
  virtual bool writes(const std::string& file_name) const = 0;

  /// The bytes of a file in the format of the suffix, ".png"; none where memory is short.
  virtual std::vector<uint8_t> encode(const PixelView& pixels, const std::string& suffix) const = 0;

  /// What the bytes of a file show; no pixels where they are damaged. Throws `std::runtime_error`
  /// with OpenCV's reason where it gives one.
  virtual Pixels decode(std::string_view bytes) const = 0;

  virtual Pixels resize(const PixelView& pixels, int height, int width, Resizing how) const = 0;

  /// Grey by luminance, or three equal channels of grey.
  virtual Pixels with_channels(const PixelView& pixels, int channels) const = 0;

  /// How much of each pixel the contours enclose by the even-odd rule, 0 … 255: one channel.
  virtual Pixels coverage(std::span<const Contour> contours, int height, int width) const = 0;

  /// Two of its colour maps, in 256 steps.
  virtual Color viridis(uint8_t step) const = 0;
  virtual Color magma(uint8_t step) const = 0;

 protected:
  ~OpenCv() = default;
};

/// Loads the library when first called. Throws `Error` when it cannot be loaded, and in a build
/// without it.
const OpenCv& opencv();

}  // namespace hourglass::figures
