#include "hourglass/datasets/item_scaling.h"

#include "hourglass/core/error.h"
#include "hourglass/core/quantile.h"
#include "hourglass/kernels/scaling.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace hourglass::datasets {
namespace {

constexpr int64_t kMostPoints = 100;

/// The straight pieces through (from, to), and lines of this slope beyond.
double follow(const std::vector<double>& from, const std::vector<double>& to, double slope_beyond,
              double value) {
  if (value <= from.front()) return to.front() + (value - from.front()) * slope_beyond;
  if (value >= from.back()) return to.back() + (value - from.back()) * slope_beyond;
  const auto above = std::upper_bound(from.begin(), from.end(), value) - from.begin();
  const auto i = static_cast<size_t>(above);
  const double part = (value - from[i - 1]) / (from[i] - from[i - 1]);
  return to[i - 1] + part * (to[i] - to[i - 1]);
}

/// One number for all features, or one a feature, shaped to broadcast over a batch of items.
at::Tensor broadcastable(const std::vector<double>& numbers, Shape item_shape) {
  if (numbers.size() == 1) item_shape.assign(item_shape.size(), 1);
  return at::tensor(numbers, at::kFloat).view(item_shape);
}

void check(const Scaling& scaling, size_t features) {
  const size_t pairs = scaling.factor.size(), curves = scaling.curves.size();
  const bool fits = scaling.offset.size() == pairs && (pairs == 1 || pairs == features);
  if (fits && (curves == 0 || curves == features)) return;
  throw Error(
      "expected a scaling for one or for {} features, found {} offsets, {} factors and {} curves",
      features, scaling.offset.size(), pairs, curves);
}

}  // namespace

double ScalingCurve::to_scaled(double stored_value) const {
  return follow(stored, scaled, 1 / range(), stored_value);
}

double ScalingCurve::to_stored(double scaled_value) const {
  return follow(scaled, stored, range(), scaled_value);
}

double ScalingCurve::range() const {
  return stored.size() == 1 ? 1 : stored.back() - stored.front();
}

ScalingCurve quantile_curve(std::span<const double> sorted) {
  if (sorted.front() == sorted.back()) return {{sorted.front()}, {0.0}};
  const int64_t points = std::min(std::ssize(sorted), kMostPoints);
  ScalingCurve curve;
  for (int64_t i = 0, first = 0; i < points; ++i) {
    const auto share = [&](int64_t point) {
      return static_cast<double>(point) / static_cast<double>(points - 1);
    };
    const double quantile = quantile_of_sorted(sorted, share(i));
    if (curve.stored.empty() || quantile > curve.stored.back()) {
      first = i;
      curve.stored.push_back(quantile);
      curve.scaled.push_back(0);
    }
    curve.scaled.back() = (share(first) + share(i)) / 2;
  }
  return curve;
}

at::Tensor to_stored(const Scaling& scaling, int64_t feature, const at::Tensor& model_values) {
  const at::Tensor values = model_values.to(at::kDouble);
  const auto i = static_cast<size_t>(feature);
  if (!scaling.curves.empty()) {
    at::Tensor stored = values.cpu().contiguous().clone();
    auto* first = stored.data_ptr<double>();
    std::transform(first, first + stored.numel(), first,
                   [&](double value) { return scaling.curves[i].to_stored(value); });
    return stored;
  }
  const size_t pair = scaling.factor.size() == 1 ? 0 : i;
  const double factor = scaling.factor[pair];
  return values * (factor == 0 ? 0 : 1 / factor) + scaling.offset[pair];
}

ItemScaling::ItemScaling(Scaling scaling, const Shape& item_shape, at::Device device)
    : scaling_(std::move(scaling)),
      values_(element_count(item_shape)),
      offsets_(scaling_.offset.begin(), scaling_.offset.end()),
      factors_(scaling_.factor.begin(), scaling_.factor.end()) {
  check(scaling_, static_cast<size_t>(values_));
  offset_ = broadcastable(scaling_.offset, item_shape).to(device);
  factor_ = broadcastable(scaling_.factor, item_shape).to(device);
}

at::Tensor ItemScaling::apply(at::Tensor&& items) const {
  if (!scaling_.curves.empty()) return follow_curves(items);
  return items.to(at::kFloat).sub_(offset_).mul_(factor_);
}

/// On the CPU, wherever they are: tables are what is scaled so, and those are small.
at::Tensor ItemScaling::follow_curves(const at::Tensor& items) const {
  at::Tensor scaled = items.cpu().to(at::kFloat).contiguous();
  auto* item = scaled.data_ptr<float>();
  for (int64_t i = 0; i < scaled.size(0); ++i, item += values_) apply(item, item);
  return scaled.to(items.device());
}

template <class Stored>
void ItemScaling::apply(const Stored* in, float* out) const {
  if (!scaling_.curves.empty()) {
    for (int64_t i = 0; i < values_; ++i) {
      const double value = scaling_.curves[static_cast<size_t>(i)].to_scaled(in[i]);
      out[i] = static_cast<float>(value);
    }
    return;
  }
  if (factors_.size() > 1) {
    kernels::scale(values_, in, offsets_.data(), factors_.data(), out);
  } else {
    kernels::scale(values_, in, offsets_.front(), factors_.front(), out);
  }
}

template void ItemScaling::apply(const uint8_t* in, float* out) const;
template void ItemScaling::apply(const float* in, float* out) const;

}  // namespace hourglass::datasets
