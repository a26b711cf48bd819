#include "hourglass/figures/image.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

// Needs no OpenCV: errors of reconstructions are measured over a range, too.

namespace hourglass::figures {

ValueRange range_of(const at::Tensor& values) {
  const at::Tensor host = values.detach().to(at::kCPU, at::kFloat);
  const at::Tensor finite = host.masked_select(host.isfinite());
  if (finite.numel() == 0) return {};
  return {finite.min().item<double>(), finite.max().item<double>()};
}

ValueRange symmetric_range_of(const at::Tensor& values) {
  const ValueRange range = range_of(values);
  const double reach = std::max(std::abs(range.low), std::abs(range.high));
  return reach > 0 ? ValueRange{-reach, reach} : ValueRange{-1, 1};
}

}  // namespace hourglass::figures
