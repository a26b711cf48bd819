#pragma once

#include "hourglass/kernels/matrix_product.h"

#include <cstdint>

namespace hourglass::kernels {

/// A convolution of one image, channels last, as a sum of products. A row of the kernel covers values that follow
/// each other in the image: a *run* of kernel columns · channels. For every pixel of the result and each of its
/// `outputs` channels o:
///
///   to[row · to_row + column · to_pixel + o] =
///       Σ over runs r, values v:  from[row · from_row + column · from_pixel + r · from_run + v] · weights[r][v][o]
///
/// A border is part of the image that is read. Strides, transposed convolutions (a phase at a time) and what an
/// upsampling was folded into differ in these distances only.
struct Correlation {
  int64_t rows = 0, columns = 0;  ///< pixels of the result
  int64_t outputs = 0;            ///< channels of the result, a multiple of kLanes
  int64_t runs = 0, run = 0;      ///< number and length; without any, the result is 0 (or the bias)
  int64_t from_row = 0, from_pixel = 0, from_run = 0;  ///< floats from one to the next
  int64_t to_row = 0, to_pixel = 0;                    ///< multiples of kLanes
};

/// What happens to a result before it is stored.
struct Finish {
  const float* bias = nullptr;  ///< [outputs], added where it is given
  bool relu = false;            ///< negative values become 0
};

/// `weights` is [runs, run, outputs]; it and `to` are aligned to 64 bytes.
void correlate(const Correlation& sizes, const float* from, const float* weights, float* to,
               const Finish& finish = {});

/// The gradient of the weights [runs, run, outputs], given that of the result, which lies as `to` does there.
void correlate_for_weights(const Correlation& sizes, const float* from, const float* gradient,
                           float* weights, Into into);

}  // namespace hourglass::kernels
