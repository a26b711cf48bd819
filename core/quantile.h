#pragma once

#include <span>
#include <vector>

namespace hourglass {

/// The quantile `share`, of [0, 1], of at least one number; `sorted` rises. Between two numbers it is
/// interpolated, as NumPy does.
double quantile_of_sorted(std::span<const double> sorted, double share);

/// The median of numbers, of an even count the mean of the middle two; NaN of none.
double median_of(std::vector<double> numbers);

}  // namespace hourglass
