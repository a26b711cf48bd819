#pragma once

#include "hourglass/kernels/dense_passes.h"
#include "hourglass/kernels/matrix_product.h"

#include <cstdint>

namespace hourglass::kernels {

// Which values of a row, or of a whole batch, are large enough. Values that are no numbers never are.

/// What is compared: (value + bias) · scale, column by column, with the floor of the column and the bound of
/// the row, and has to be above both. [columns] each, padded.
struct Comparison {
  const float* biases;
  const float* scales;
  const float* floors;
};

/// A list for each row, of what was kept of it so far.
struct KeptRows {
  float* values;        ///< [rows, stride]: (value + bias) · scale
  int32_t* columns;     ///< [rows, stride]: ascending
  int64_t stride;       ///< at least all columns and `kLanes` more: vectors are written as a whole
  int64_t* counts;      ///< [rows]
  const float* bounds;  ///< [rows]
};

/// Appends what is large enough; the area's columns count from `first_column`. The padding of the area is
/// compared, too: its floors have to be infinite.
void keep_larger(const Area& area, const RowsOf& values, const Comparison& comparison,
                 int32_t first_column, const KeptRows& kept);

/// The largest t of which at least k of the values are ≥ t: the k-th largest of them. 1 ≤ k ≤ count.
/// It decides one bit of t after the other, each in a pass over the values that does not branch, until k
/// values are left.
float kth_largest(int64_t count, const float* values, int64_t k);

}  // namespace hourglass::kernels
