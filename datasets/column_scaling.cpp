#include "hourglass/core/quantile.h"
#include "hourglass/datasets/scaling.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

// Scalings by more of a column than its extremes.

namespace hourglass::datasets {
namespace {

/// Interquartile range of a normal distribution, in standard deviations.
constexpr double kNormalQuartiles = 1.349;

struct Pair {
  double offset = 0, factor = 1;
};

/// A spread whose reciprocal is no number in a batch, which has float32, is as good as none.
bool is_constant(double spread) { return !std::isfinite(static_cast<float>(1 / spread)); }

Pair standard_pair(const at::Tensor& values) {
  const double mean = values.mean().item<double>();
  const double deviation = values.std(/*unbiased=*/false).item<double>();
  // Rounding leaves a constant column a deviation of next to nothing.
  const bool constant = is_constant(deviation) || deviation <= 1e-12 * std::abs(mean);
  return {mean, constant ? 1 : 1 / deviation};
}

std::span<const double> span_of(const at::Tensor& values) {
  return {values.const_data_ptr<double>(), static_cast<size_t>(values.numel())};
}

Pair robust_pair(const at::Tensor& values) {
  const at::Tensor rising = std::get<0>(values.sort());
  const std::span<const double> sorted = span_of(rising);
  const double range = quantile_of_sorted(sorted, 0.75) - quantile_of_sorted(sorted, 0.25);
  const double median = quantile_of_sorted(sorted, 0.5);
  if (!is_constant(range)) return {median, 1 / range};
  const Pair standard = standard_pair(values);
  return {median, standard.factor == 1 ? 1 : standard.factor / kNormalQuartiles};
}

/// One value of all rows that have it, as float64.
at::Tensor column_of(const at::Tensor& values, const at::Tensor& rows, const at::Tensor& missing,
                     int64_t column) {
  const auto chosen = [&](const at::Tensor& all) {
    const at::Tensor one = all.flatten(1).select(1, column);
    return rows.defined() ? one.index_select(0, rows) : one;
  };
  const at::Tensor cells = chosen(values).to(at::kDouble);
  return missing.defined() ? cells.masked_select(chosen(missing).logical_not()) : cells;
}

Scaling fit_curves(const at::Tensor& values, const at::Tensor& rows, const at::Tensor& missing) {
  Scaling scaling;
  const int64_t columns = values[0].numel();
  for (int64_t i = 0; i < columns; ++i) {
    const at::Tensor rising = std::get<0>(column_of(values, rows, missing, i).sort());
    scaling.curves.push_back(rising.numel() == 0 ? kUnchanged : quantile_curve(span_of(rising)));
  }
  return scaling;
}

}  // namespace

Scaling fit_columns(const ScalingRule& scale, const at::Tensor& values, const at::Tensor& rows,
                    const at::Tensor& missing) {
  if (scale.kind == ScalingRule::Kind::Quantile) return fit_curves(values, rows, missing);
  Scaling scaling = {.offset = {}, .factor = {}};
  const int64_t columns = values[0].numel();
  for (int64_t i = 0; i < columns; ++i) {
    const at::Tensor column = column_of(values, rows, missing, i);
    const Pair pair = column.numel() == 0                       ? Pair{}
                      : scale.kind == ScalingRule::Kind::Robust ? robust_pair(column)
                                                                : standard_pair(column);
    scaling.offset.push_back(pair.offset);
    scaling.factor.push_back(pair.factor);
  }
  return scaling;
}

}  // namespace hourglass::datasets
