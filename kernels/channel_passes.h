#pragma once

#include "hourglass/kernels/matrix_product.h"

#include <cstdint>

namespace hourglass::kernels {

// Passes over one image, channels last, that treat each channel alike: what stands around a convolution.

/// [height, width, channels], where `channels` is a multiple of kLanes.
struct ImageSize {
  int64_t height = 0, width = 0, channels = 0;

  int64_t values() const { return height * width * channels; }
};

/// An image in a wider frame: rows are `row` floats apart, pixels follow each other.
template <class Value>
struct Framed {
  Value* data;
  int64_t row;
};

/// [channels] each.
struct Affine {
  const float* scale;
  const float* shift;
};

/// result = values · scale + shift, or the values as they are where `affine.scale` is null. The image given is
/// `values_width` wide; `repeat` 2 makes each pixel 2 x 2; `size`, that of the result, is the upper left part of it.
void place(const ImageSize& size, const float* values, int64_t values_width, const Affine& affine,
           int repeat, Framed<float> result);

/// [channels] each, overwritten: Σ (x − center), Σ (x − center)².
void moments(const ImageSize& size, const float* values, const float* center, float* sums,
             float* squares);

/// [channels] each, overwritten: Σ g, Σ g · (x − center).
void gradient_moments(const ImageSize& size, const float* gradient, const float* values,
                      const float* center, float* sums, float* products);

/// 2 x 2 maxima of `size`, the last of an odd size alone; minima in channels whose `sign` is negative: those that a
/// following affine map makes the maxima.
void pool(const ImageSize& size, const float* values, const float* sign, float* result);

/// How the gradient of an image follows from that behind activation, normalisation and pooling.
struct ImageGradient {
  bool relu = false;  ///< where the image is 0, the gradient is
  bool pooled =
      false;  ///< the gradient given is of pool(): it goes to the first extreme of each window
  const float* slope = nullptr;   ///< [channels], or null: 1. Its sign is also that for pool()
  const float* offset = nullptr;  ///< [channels], where there is a slope
  const float* curve = nullptr;   ///< [channels], likewise
};

/// result = slope · gradient + offset + curve · values, before the activation.
void image_gradient(const ImageSize& size, const ImageGradient& how, const float* values,
                    const float* gradient, Framed<float> result);

/// sums[channel] += the sum of the channel.
void add_channel_sums(const ImageSize& size, Framed<const float> image, float* sums);

/// Each pixel of `size` sums 2 x 2 of the gradient of an image [height, width] `of` the double size, cropped:
/// what is missing there is 0.
void gather_repeated(const ImageSize& size, const ImageSize& of, const float* gradient,
                     float* result);

}  // namespace hourglass::kernels
