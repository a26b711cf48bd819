#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>

namespace hourglass::testing {

/// Two images [1, channels, 11 + n, 34 − n] of whole numbers 0 … 255: a smooth pattern, and the
/// same with noise. make_reference.py has the same formula.
struct ImagePair {
  at::Tensor clean, noisy;
};

inline ImagePair image_pair(int64_t n, int64_t channels) {
  const int64_t height = 11 + n, width = 34 - n;
  const at::Tensor c = at::arange(channels).view({channels, 1, 1});
  const at::Tensor y = at::arange(height).view({1, height, 1});
  const at::Tensor x = at::arange(width).view({1, 1, width});
  const at::Tensor pattern = x * x * (n + 1) + 3 * y * y + 5 * x * y + 40 * c;
  const at::Tensor clean = pattern.floor_divide(4).remainder(256);
  const at::Tensor noise = (x * 7919 + y * 104729 + n * 31 + c * 17).remainder(61) - 30;
  return {clean.unsqueeze(0), (clean + noise).clamp(0, 255).unsqueeze(0)};
}

}  // namespace hourglass::testing
