#pragma once

#include "hourglass/core/shape.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace hourglass::datasets {

/// How the values of one feature become model values: along straight pieces from point to point.
/// Before the first and behind the last it goes on by 1 / (last − first), both as stored, so that what
/// lies far outside stays far.
struct ScalingCurve {
  std::vector<double> stored, scaled;  ///< the points, one at least; both rise

  double to_scaled(double stored_value) const;
  double to_stored(double scaled_value) const;
  double range() const;  ///< last − first as stored; 1 of one point
  bool operator==(const ScalingCurve&) const = default;
};

/// Of a value that is in 0 … 1 by its meaning, and stays as it is.
inline const ScalingCurve kUnchanged = {{0.0, 1.0}, {0.0, 1.0}};

/// The curve that spreads one feature's values evenly over [0, 1], through at most 100 of their
/// quantiles, as scikit-learn's QuantileTransformer does between them; equal quantiles are one point,
/// in their middle. `sorted` rises and has one number at least; of numbers that are all alike it is
/// their distance from the one.
ScalingCurve quantile_curve(std::span<const double> sorted);

/// Maps stored values to model values: (stored − offset) · factor, one pair for all features or one
/// a feature; or, where there are `curves`, along those, and the pairs play no part.
struct Scaling {
  std::vector<double> offset = {0.0};
  std::vector<double> factor = {1.0};
  std::vector<ScalingCurve> curves = {};  ///< none, or one a feature

  bool operator==(const Scaling&) const = default;
  bool changes_nothing() const { return *this == Scaling(); }
};

/// The stored values that became these model values of one feature: float64 of the same shape. One
/// that was constant, whose factor is 0, has its only value.
at::Tensor to_stored(const Scaling& scaling, int64_t feature, const at::Tensor& model_values);

/// Scales items of one shape on their way into a batch.
class ItemScaling {
 public:
  /// Throws `Error` unless there is one pair for all values of an item or one for each, or a curve for
  /// each.
  ItemScaling(Scaling scaling, const Shape& item_shape, at::Device device = at::kCPU);

  const Scaling& scaling() const { return scaling_; }

  /// The items [B, shape…], on the device, as float32. Takes the memory of `items` where it can.
  at::Tensor apply(at::Tensor&& items) const;

  /// One item of uint8 or float32.
  template <class Stored>
  void apply(const Stored* in, float* out) const;

 private:
  Scaling scaling_;
  int64_t values_;  // of an item
  // What scaling_ says: for one item after the other, and shaped to broadcast over a batch.
  std::vector<float> offsets_, factors_;
  at::Tensor offset_, factor_;

  at::Tensor follow_curves(const at::Tensor& items) const;
};

}  // namespace hourglass::datasets
