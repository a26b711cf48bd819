#pragma once

#include "hourglass/figures/picture.h"

#include <vector>

namespace hourglass::figures {

/// Colour maps with the colours that matplotlib gives the maps of these names.
enum class ColorMap {
  Gray,         ///< black to white
  Viridis,      ///< dark blue to yellow, of even steps to the eye
  RedBlue,      ///< blue over white to red ("RdBu_r"): for values below and above zero
  Tab10,        ///< ten distinct colours, for classes
  Hsv,          ///< around the colour wheel: both ends are red
  NipySpectral  ///< black over the spectrum to light grey
};

/// The colour at `t`, which is clamped to 0 … 1; NaN gives magenta, which no map of measured values
/// holds.
Color sample(ColorMap map, double t);

/// A colour for each of `count` classes along one map: the ten of Tab10 (again from the first
/// beyond ten), otherwise evenly spaced steps of the map from its first colour to its last; Hsv
/// stops one step short, because its ends look alike.
std::vector<Color> class_colors(ColorMap map, size_t count);

/// The class colours that are told apart best: Tab10's up to ten classes, NipySpectral's beyond.
std::vector<Color> distinct_colors(size_t count);

}  // namespace hourglass::figures
