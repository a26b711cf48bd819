#pragma once

#include <span>

namespace hourglass {

/// The quantile `share`, of [0, 1], of at least one number; `sorted` rises. Between two numbers it is
/// interpolated, as NumPy does.
double quantile_of_sorted(std::span<const double> sorted, double share);

}  // namespace hourglass
