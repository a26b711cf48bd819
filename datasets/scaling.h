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
    Standard,  ///< each column to mean 0 and standard deviation 1, see `fit_columns`
    Robust,    ///< each column to median 0 and interquartile range 1
    Quantile,  ///< each column to the share of training rows below it, see `quantile_curve`
    Norm,  ///< times the one factor that makes the training rows √(values of a row) long on average
  };
  Kind kind = Kind::Auto;
  double maximum = 1;  ///< > 0

  /// Whether it looks at more of a column than its extremes.
  bool by_statistics() const {
    return kind == Kind::Standard || kind == Kind::Robust || kind == Kind::Quantile;
  }

  /// "auto", "none", "max:16", "minmax", "standard", "robust", "quantile", "norm".
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

/// The same rows, as they are: float32 [n, shape…].
at::Tensor sampled_items(const Dataset& unscaled);

/// The pairs that `scale` (None, Max or MinMax) gives for training values with these extremes.
Scaling fit_scaling(const ScalingRule& scale, const Extremes& extremes);

/// What Standard, Robust or Quantile gives for each value, by the rows of `values` ([N, shape…],
/// uint8 or float32) at `rows` (int64 [M]; undefined: all); values where `missing` (bool as they) is true are left
/// out, undefined means none.
///
/// Standard divides by the standard deviation of the population, Robust by the distance between the
/// quartiles, with linear interpolation, as scikit-learn's StandardScaler and RobustScaler do. Where
/// half of the values are alike and the quartiles are one, 1.349 standard deviations stand in, which is
/// that distance of a normal distribution. A constant column is divided by 1.
Scaling fit_columns(const ScalingRule& scale, const at::Tensor& values, const at::Tensor& rows,
                    const at::Tensor& missing);

/// Norm's factor √D / mean ‖item‖ (SAELens' "expected_average_only_in") of items that are not scaled,
/// of which the first 1,024,000 are looked at; D is the number of values of an item. 1 where they are
/// all 0.
Scaling fit_norm(const Dataset& unscaled);

/// The extremes over all features once they are scaled, exactly as a batch would have them.
ValueRange scaled_range(const Extremes& extremes, const Scaling& scaling);

}  // namespace hourglass::datasets
