#pragma once

#include "hourglass/core/value_range.h"
#include "hourglass/figures/colormap.h"

#include <string>
#include <vector>

namespace hourglass::figures {

/// What the colours of values mean, told by a bar beside them.
struct ColorScale {
  ColorMap map = ColorMap::Gray;
  ValueRange range;
  std::string label;               ///< along the bar: "weight", "one scale for all"
  std::vector<std::string> marks;  ///< in even steps from below; none: numbers of the range
  bool whole = false;              ///< numbers that are whole alone
};

}  // namespace hourglass::figures
