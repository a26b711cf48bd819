#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/core/value_range.h"
#include "hourglass/datasets/dataset.h"

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

namespace hourglass::datasets {

/// How stored values become model values.
struct ScalingRule {
  enum class Kind {
    Auto,    ///< digits / 16, bytes of images / 255, else min–max
    None,    ///< as they are
    Max,     ///< divided by `maximum`
    MinMax,  ///< each column to [0, 1] by the training rows' extremes; a constant column becomes 0
    Norm,  ///< times the one factor that makes the training rows √(values of a row) long on average
  };
  Kind kind = Kind::Auto;
  double maximum = 1;  ///< > 0

  /// "auto", "none", "max:16", "minmax", "norm".
  static std::string expects();
  static std::optional<ScalingRule> parse(const std::string& text);
  std::string text() const;
};

/// The least and the greatest value of each feature.
struct Extremes {
  at::Tensor lowest, highest;  ///< [shape…], of the values' type
};

/// Of the rows of `values` ([N, shape…], uint8 or float32) at `positions` (int64 [M], M ≥ 1).
Extremes extremes_of(const at::Tensor& values, const at::Tensor& positions);

/// Extremes of some rows, as float32.
struct SampledExtremes {
  Extremes extremes;
  int64_t rows = 0;
};

/// Rows that stand for a large set, and bytes (as float32) that they have at most.
inline constexpr int64_t kSampledRows = 16'384, kSampledBytes = 64 << 20;

/// Of `kSampledRows` items of data that are not scaled, or fewer where they would have more than
/// `kSampledBytes`, but 64 at least: in 64 stretches, which lie evenly over all. All items, where they
/// are no more.
SampledExtremes sampled_extremes(const Dataset& unscaled);

/// The pairs that `scale` (neither Auto nor Norm) gives for training values with these extremes.
Scaling fit_scaling(const ScalingRule& scale, const Extremes& extremes);

/// Norm's factor √D / mean ‖item‖ (SAELens' "expected_average_only_in") of items that are not scaled,
/// of which the first 1,024,000 are looked at; D is the number of values of an item. 1 where they are
/// all 0.
Scaling fit_norm(const Dataset& unscaled);

/// The extremes over all features once they are scaled, exactly as a batch would have them.
ValueRange scaled_range(const Extremes& extremes, const Scaling& scaling);

}  // namespace hourglass::datasets
