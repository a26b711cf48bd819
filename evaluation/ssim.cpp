#include "hourglass/evaluation/ssim.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace hourglass::evaluation {
namespace {

constexpr double kSsimSigma = 1.5;
constexpr double kSsimK1 = 0.01;
constexpr double kSsimK2 = 0.03;

using SsimWeights = std::array<double, kSsimWindow>;

SsimWeights gaussian_window() {
  SsimWeights weights;
  double sum = 0;
  for (int64_t i = 0; i < kSsimWindow; ++i) {
    const int64_t from_middle = i - kSsimWindow / 2;
    const auto offset = static_cast<double>(from_middle);
    const double weight = std::exp(-offset * offset / (2 * kSsimSigma * kSsimSigma));
    weights[static_cast<size_t>(i)] = weight;
    sum += weight;
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

/// Weighted means along one dimension, at the places where the window lies inside.
at::Tensor slide(const at::Tensor& images, const SsimWeights& weights, int64_t dimension) {
  const int64_t places = images.size(dimension) - kSsimWindow + 1;
  at::Tensor means;
  for (int64_t i = 0; i < kSsimWindow; ++i) {
    const at::Tensor shifted = images.narrow(dimension, i, places);
    const double weight = weights[static_cast<size_t>(i)];
    means = i == 0 ? shifted * weight : means.add_(shifted, weight);
  }
  return means;
}

/// The two-dimensional Gaussian is the product of one for rows and one for columns.
at::Tensor local_means(const at::Tensor& images) {
  static const SsimWeights kWeights = gaussian_window();
  return slide(slide(images, kWeights, -1), kWeights, -2);
}

}  // namespace

bool has_ssim(const Shape& item_shape) {
  const size_t dimensions = item_shape.size();
  return (dimensions == 2 || dimensions == 3) &&
         std::min(item_shape[dimensions - 2], item_shape[dimensions - 1]) >= kSsimWindow;
}

at::Tensor item_ssim(const at::Tensor& a, const at::Tensor& b, double data_range) {
  if (a.sizes() != b.sizes()) throw Error("SSIM: expected two batches of images of the same shape");
  if (a.dim() != 3 && a.dim() != 4) {
    throw Error("SSIM: expected images [N, H, W] or [N, C, H, W], found {} dimensions", a.dim());
  }
  if (!has_ssim(a.sizes().slice(1).vec())) {
    throw Error("SSIM: expected images of at least {} pixels a side, found {} x {}", kSsimWindow,
                a.size(-2), a.size(-1));
  }
  const at::Tensor x = a.to(at::kCPU, at::kDouble), y = b.to(at::kCPU, at::kDouble);
  const at::Tensor mean_x = local_means(x), mean_y = local_means(y);
  const at::Tensor variance_x = local_means(x * x) - mean_x * mean_x;
  const at::Tensor variance_y = local_means(y * y) - mean_y * mean_y;
  const at::Tensor covariance = local_means(x * y) - mean_x * mean_y;
  const double c1 = std::pow(kSsimK1 * data_range, 2), c2 = std::pow(kSsimK2 * data_range, 2);
  const at::Tensor similarity =
      (2 * mean_x * mean_y + c1) * (2 * covariance + c2) /
      ((mean_x * mean_x + mean_y * mean_y + c1) * (variance_x + variance_y + c2));
  return similarity.flatten(1).mean(1);
}

}  // namespace hourglass::evaluation
