#pragma once

#include <cstdint>

namespace hourglass::kernels {

/// Patches of K x K values of images, one for each pixel of a smaller image: patch (i, j) begins at (i · stride,
/// j · stride) of each of `planes` images, whose rows are `row` and which are `plane` floats apart. In the table, a
/// pixel's row [planes, K, K] begins every `table_row` floats.
struct Patches {
  int64_t rows = 0, columns = 0;  ///< pixels
  int64_t planes = 0, kernel = 0, stride = 0;
  int64_t row = 0, plane = 0;
  int64_t table_row = 0;
};

/// images += every patch of the table.
void add_patches(const Patches& patches, const float* table, float* images);

/// table = patches of the images.
void take_patches(const Patches& patches, const float* images, float* table);

}  // namespace hourglass::kernels
