#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/sources/stored.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

/// Pixels of an image.
struct ImageSize {
  int64_t height = 0, width = 0;  ///< 0: as they are

  bool any() const { return height == 0; }  ///< whether images keep theirs

  /// "none", "28,28".
  static std::string expects() { return "none, or height and width in pixels, 28,28 say"; }
  static std::optional<ImageSize> parse(const std::string& text);
  std::string text() const { return any() ? "none" : fmt::format("{},{}", height, width); }
};

/// Whether images have one channel or three.
enum class ImageColor { Auto, Grey, Rgb };
constexpr auto names_of(ImageColor) {
  return std::to_array<EnumName<ImageColor>>(
      {{ImageColor::Auto, "auto"}, {ImageColor::Grey, "grey"}, {ImageColor::Rgb, "rgb"}});
}

/// What the bytes of a PNG or JPEG file show: uint8 [C, H, W], C = 1 (grey) or 3 (red, green,
/// blue). `name` stands for the file in errors.
using ImageDecoder = std::function<at::Tensor(std::string_view bytes, const std::string& name)>;

/// An image, uint8 [C, H, W], in another shape with C = 1 or 3: resized, by area averages where it
/// shrinks, and turned to grey by its luminance or to three equal channels.
using ImageAdapter = std::function<at::Tensor(const at::Tensor& image, const Shape& shape)>;

/// What `read_image_folder` works with. Only the room `figures` links a library that can, and this
/// room does not know it: programs connect the two when they start.
struct ImageLibrary {
  ImageDecoder decode;
  ImageAdapter adapt;
};
void set_image_library(ImageLibrary library);

/// How images come to be alike.
struct ImageForm {
  ImageSize size;
  ImageColor color = ImageColor::Auto;
};

/// Image files below a folder, by name.
struct ImageFiles {
  std::vector<std::filesystem::path> paths;
  std::vector<int64_t> labels;           ///< a label a path; empty where there are no classes
  std::vector<std::string> class_names;  ///< by label: the names of the sub-folders, sorted
  int64_t skipped = 0;  ///< files that are no PNG or JPEG by their suffix, or lie deeper
};

/// Whether the suffix is .png, .jpg or .jpeg, in capitals or not.
bool is_image_file(const std::filesystem::path& path);

/// The images of a folder. Where they lie in sub-folders, each sub-folder is a class, as in
/// torchvision's `ImageFolder` and Keras' `image_dataset_from_directory`; a flat folder has no
/// labels. Hidden files and folders are left out. Throws `Error` when there are no images, or when
/// some lie beside sub-folders that hold others.
ImageFiles list_images(const std::filesystem::path& folder);

/// All images of a folder in a form: uint8 [N, C, H, W]. With ImageColor::Auto they are grey (C = 1)
/// where all are, else C = 3. The SHA-256 is of each file's path below the folder and its bytes.
/// Throws `Error` as `list_images` does, with the first file that is damaged or has another size than
/// the files before it, and where no library is set.
StoredData read_image_folder(const std::filesystem::path& folder, const ImageForm& form = {});

}  // namespace hourglass::sources
