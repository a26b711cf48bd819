#pragma once

#include "hourglass/figures/color_scale.h"
#include "hourglass/figures/image.h"
#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

namespace hourglass::figures {

/// Images of one kind: the originals, the noisy ones, the reconstructions.
struct ImageRow {
  std::string label;  ///< written to the left
  at::Tensor images;  ///< [N, C, H, W] or [N, H, W]; see `to_picture` for the channels
  std::vector<std::string> captions;  ///< written above each image: N of them, or none
  /// None: from the row's smallest value to its largest.
  std::optional<ValueRange> range = ValueRange{};
  ColorMap map = ColorMap::Gray;  ///< for images of one channel
};

struct ImageGridOptions {
  std::string title;
  int columns = 0;  ///< 0: chosen to suit the number of images
  /// Told by bars beside all rows, where their images are mixed or scaled already.
  std::vector<ColorScale> scales = {};
};

/// Rows of images under each other, item i of every row in one column: originals above their
/// reconstructions, or one row alone as a labelled grid. When the items do not fit beside each
/// other, all rows are continued below. Small images are enlarged by a whole factor, pixels staying
/// square; rows may differ in image size. Beside rows of one channel in colour stands a bar that tells
/// their values, one for neighbouring rows of the same map and range. Throws `Error` when there are no rows, or they differ in
/// number of images, or captions are not one an image.
Picture image_grid(const std::vector<ImageRow>& rows, const ImageGridOptions& options = {});

}  // namespace hourglass::figures
