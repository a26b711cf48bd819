#include "hourglass/figures/image_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/files.h"
#include "hourglass/core/unpacked_size.h"
#include "hourglass/figures/opencv.h"

#include <ATen/ATen.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace hourglass::figures {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegSignature = "\xff\xd8\xff";
constexpr std::string_view kJpegScan = "\xff\xda", kJpegEnd = "\xff\xd9";

// OpenCV gives a picture for some files that are damaged, and the libraries below it print their
// own lines to standard error. So what can be told from the outside is checked before.

[[noreturn]] void refuse_image(const std::string& name, std::string_view what) {
  throw Error("{}: expected a PNG or JPEG image, found {}", name, what);
}

uint32_t big_endian(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = number << 8U | static_cast<uint8_t>(byte);
  return number;
}

/// Every chunk is length, type, content and a checksum of type and content (PNG
/// specification, 5.3); the last is IEND.
void check_png(std::string_view bytes, const std::string& name) {
  size_t position = kPngSignature.size();
  std::string_view type;
  while (type != "IEND") {
    const std::string_view rest = bytes.substr(position);
    const size_t length = rest.size() < 12 ? 0 : big_endian(rest);
    if (rest.size() < 12 || length > rest.size() - 12) {
      refuse_image(name, fmt::format("a PNG file that is cut off after {} bytes", bytes.size()));
    }
    type = rest.substr(4, 4);
    const uLong checksum = crc32_z(0, reinterpret_cast<const Bytef*>(type.data()), length + 4);
    if (checksum != big_endian(rest.substr(8 + length))) {
      refuse_image(name, fmt::format("a damaged PNG file: the checksum at byte {} is wrong",
                                     position + 8 + length));
    }
    position += length + 12;
  }
}

/// The end marker follows the last scan. Neither marker can be part of a scan, where every byte ff
/// is followed by 00 or a restart marker (ITU T.81, B.1.1.5); embedded previews have both of their
/// own, in this order, before.
void check_jpeg(std::string_view bytes, const std::string& name) {
  const size_t scan = bytes.rfind(kJpegScan), end = bytes.rfind(kJpegEnd);
  if (scan == std::string_view::npos || end == std::string_view::npos || end < scan) {
    refuse_image(name, fmt::format("a JPEG file that is cut off after {} bytes", bytes.size()));
  }
}

/// The number of pixels that a PNG file's first chunk declares (PNG specification, 11.2.2).
uint64_t png_pixels(std::string_view bytes) {
  if (bytes.size() < 24) return 0;
  return uint64_t{big_endian(bytes.substr(16))} * big_endian(bytes.substr(20));
}

/// The number of pixels that a JPEG file's first frame declares; 0 where there is none. Segments
/// have a marker, a length that counts itself, and their content (ITU T.81, B.1.1.4 and B.2.2).
uint64_t jpeg_pixels(std::string_view bytes) {
  size_t at = 2;
  while (at + 9 <= bytes.size() && bytes[at] == '\xff') {
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    const uint32_t length = big_endian(bytes.substr(at + 2)) >> 16U;
    const bool frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      const uint32_t sizes = big_endian(bytes.substr(at + 5));
      return uint64_t{sizes >> 16U} * (sizes & 0xFFFFU);
    }
    at += marker == 0xff ? 1 : 2 + length;
  }
  return 0;
}

Pixels decode_pixels(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) refuse_image(name, "an empty file");
  if (bytes.starts_with(kPngSignature)) {
    check_png(bytes, name);
  } else if (bytes.starts_with(kJpegSignature)) {
    check_jpeg(bytes, name);
  } else {
    refuse_image(name, fmt::format("{} bytes of another kind", bytes.size()));
  }
  constexpr uint64_t kChannels = 3;
  const uint64_t count = bytes.starts_with(kPngSignature) ? png_pixels(bytes) : jpeg_pixels(bytes);
  check_unpacked_size(name, bytes.size(), count * kChannels);
  const OpenCv& library = opencv();
  Pixels pixels;
  try {
    pixels = library.decode(bytes);
  } catch (const std::runtime_error& error) {
    refuse_image(name, fmt::format("one that OpenCV cannot read ({})", error.what()));
  }
  if (pixels.bytes.empty()) refuse_image(name, "one that is damaged");
  return pixels;
}

Pixels read_pixels(const std::filesystem::path& path) {
  return decode_pixels(read_file(path), path.string());
}

Shape shape_of(const Pixels& pixels) { return {pixels.channels, pixels.height, pixels.width}; }

/// uint8 [C, H, W].
at::Tensor to_tensor(Pixels pixels) {
  return at::from_blob(pixels.bytes.data(), {pixels.height, pixels.width, pixels.channels},
                       at::kByte)
      .permute({2, 0, 1})
      .clone(at::MemoryFormat::Contiguous);
}

/// Of a shape [C, H, W] but for its channels.
Pixels with_size(Pixels pixels, const Shape& shape) {
  const auto height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]);
  if (pixels.height == height && pixels.width == width) return pixels;
  const bool shrinks = shape[1] * shape[2] < int64_t{pixels.height} * pixels.width;
  return opencv().resize(pixels.view(), height, width, shrinks ? Resizing::Area : Resizing::Linear);
}

Pixels with_channels(Pixels pixels, int64_t channels) {
  if (pixels.channels == channels) return pixels;
  return opencv().with_channels(pixels.view(), static_cast<int>(channels));
}

void check_image_shape(const Shape& shape) {
  const bool image = shape.size() == 3 && (shape[0] == 1 || shape[0] == 3) &&
                     std::min(shape[1], shape[2]) >= 1 && std::max(shape[1], shape[2]) <= 1 << 15;
  if (image) return;
  throw Error("expected items that are images, of shape 1,H,W or 3,H,W, found items of shape {}",
              TextCodec<Shape>::format(shape));
}

}  // namespace

at::Tensor decode_image(std::string_view bytes, const std::string& name) {
  return to_tensor(decode_pixels(bytes, name));
}

at::Tensor read_image(const std::filesystem::path& path) { return to_tensor(read_pixels(path)); }

at::Tensor adapt_image(const at::Tensor& image, const Shape& shape) {
  check_image_shape(shape);
  const at::Tensor by_pixel = image.permute({1, 2, 0}).contiguous();  // [H, W, C]
  const auto* bytes = by_pixel.const_data_ptr<uint8_t>();
  const Pixels pixels = {static_cast<int>(by_pixel.size(0)),
                         static_cast<int>(by_pixel.size(1)),
                         static_cast<int>(by_pixel.size(2)),
                         {bytes, bytes + by_pixel.numel()}};
  return to_tensor(with_channels(with_size(pixels, shape), shape[0]));
}

ImagesRead read_images(const std::vector<std::filesystem::path>& paths,
                       const std::optional<Shape>& item_shape) {
  if (paths.empty()) throw Error("expected at least one image, found none");
  if (item_shape) check_image_shape(*item_shape);
  // Photographs are large: each is resized before the next is read.
  Shape shape = item_shape.value_or(Shape());
  std::vector<Pixels> images;
  std::vector<Shape> shapes;  // as they were in the files
  for (const auto& path : paths) {
    Pixels pixels = read_pixels(path);
    if (shape.empty()) shape = shape_of(pixels);
    if (!item_shape) shape[0] = std::max<int64_t>(shape[0], pixels.channels);
    shapes.push_back(shape_of(pixels));
    images.push_back(with_size(std::move(pixels), shape));
  }
  ImagesRead result;
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < paths.size(); ++i) {
    tensors.push_back(to_tensor(with_channels(std::move(images[i]), shape[0])));
    if (shapes[i] != shape) result.adapted.push_back({paths[i], shapes[i]});
  }
  result.values = at::stack(tensors);
  return result;
}

}  // namespace hourglass::figures
