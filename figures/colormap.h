#pragma once

#include "hourglass/core/color_map.h"
#include "hourglass/figures/picture.h"

#include <array>
#include <cstddef>
#include <vector>

namespace hourglass::figures {

using hourglass::ColorMap;

/// The colour at `t`, which is clamped to 0 … 1; NaN gives magenta, which no map of measured values
/// holds.
Color sample(ColorMap map, double t);

/// The map in 256 even steps, for values by the thousand.
const std::array<Color, 256>& color_table(ColorMap map);

/// How many classes Distinct tells apart.
inline constexpr size_t kDistinctColors = 24;

/// A colour for each of `count` classes along one map: those of Tab10 or Distinct (again from the
/// first beyond ten, or `kDistinctColors`), otherwise evenly spaced steps of the map from its first
/// colour to its last; Hsv stops one step short, because its ends look alike.
std::vector<Color> class_colors(ColorMap map, size_t count);

/// The class colours that are told apart best, none twice: Distinct's, and beyond their number
/// steps of NipySpectral.
std::vector<Color> distinct_colors(size_t count);

}  // namespace hourglass::figures
