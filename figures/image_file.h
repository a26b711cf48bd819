#pragma once

#include "hourglass/core/batch.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::figures {

// Reading images. They are written by `to_picture(image, range).save(path)` (figures/image.h), at
// their own size and PNGs in grey where they have no colour.

/// What the bytes of a PNG or JPEG file show: uint8 [C, H, W], C = 1 (grey) or 3 (red, green,
/// blue). Opacity is dropped, 16 bits become 8, and a photograph is turned as its camera says.
/// `name` stands for the file in errors. Throws `Error` when the bytes are of another kind, damaged
/// or cut off.
at::Tensor decode_image(std::string_view bytes, const std::string& name);

/// The same for a file.
at::Tensor read_image(const std::filesystem::path& path);

/// An image, uint8 [C, H, W] with C = 1 or 3, in another such shape: resized by area averages where
/// it shrinks and bilinearly where it grows; colour becomes grey by its luminance, and grey three
/// equal channels.
at::Tensor adapt_image(const at::Tensor& image, const Shape& shape);

/// An image that was read with another shape than asked for.
struct AdaptedImage {
  std::filesystem::path path;
  Shape from;  ///< [C, H, W]
};

struct ImagesRead {
  at::Tensor values;                  ///< uint8 [N, C, H, W]
  std::vector<AdaptedImage> adapted;  ///< those that were resized, or turned to grey or to colour
};

/// Reads images (at least one) as items of one shape [C, H, W] with C = 1 or 3; without
/// `item_shape` that of the first image, in colour when any image has some. Others are resized (by
/// area averages where they shrink, bilinearly where they grow), colour becomes grey by its
/// luminance, and grey becomes three equal channels. Throws `Error` for an item shape that is none
/// of an image, and as `read_image` does.
ImagesRead read_images(const std::vector<std::filesystem::path>& paths,
                       const std::optional<Shape>& item_shape = {});

}  // namespace hourglass::figures
