#pragma once

#include <ATen/ATen.h>

namespace hourglass::testing {

/// An image [height, width, channels] as a batch of one, [1, channels, height, width].
inline at::Tensor image_first(const at::Tensor& last) {
  return last.permute({2, 0, 1}).unsqueeze(0);
}

/// ‖found − expected‖ / ‖expected‖.
inline double apart(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

}  // namespace hourglass::testing
