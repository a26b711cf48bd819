#pragma once

#include "hourglass/core/batch.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

/// Side of the sliding window: no image may be smaller.
inline constexpr int64_t kSsimWindow = 11;

/// Whether items of this shape, [H, W] or [C, H, W], are images large enough for the window.
bool has_ssim(const Shape& item_shape);

/// Structural similarity (Wang, Bovik, Sheikh, Simoncelli: "Image quality assessment: from error
/// visibility to structural similarity", 2004) of pairs of images [N, H, W] or [N, C, H, W]: [N]
/// float64, 1 for equal images. Channels are averaged.
///
/// As published: an 11 × 11 Gaussian window with σ = 1.5, K₁ = 0.01, K₂ = 0.03, covariances of the
/// population, the mean over all places where the window lies inside the image. That is
/// scikit-image's `structural_similarity(a, b, gaussian_weights=True, sigma=1.5,
/// use_sample_covariance=False, data_range=…)`.
///
/// `data_range` is the distance between the least and the greatest possible value. Throws `Error`
/// when an image is smaller than the window, or when the shapes differ.
at::Tensor item_ssim(const at::Tensor& a, const at::Tensor& b, double data_range);

}  // namespace hourglass::evaluation
