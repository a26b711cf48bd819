#pragma once

#include "hourglass/figures/picture.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace hourglass::testing {

/// Where pixels of one colour lie: inclusive limits, and how many there are.
struct Region {
  int left = std::numeric_limits<int>::max(), right = -1;
  int top = std::numeric_limits<int>::max(), bottom = -1;
  int64_t count = 0;

  int width() const { return right - left + 1; }
  int height() const { return bottom - top + 1; }
  double center_x() const { return (left + right) / 2.0; }
  double center_y() const { return (top + bottom) / 2.0; }
};

/// The pixels of exactly this colour, left of column `end` (a legend on the right repeats the
/// colours) and from row `first_row` on.
inline Region region_of(const figures::Picture& picture, figures::Color color,
                        int end = std::numeric_limits<int>::max(), int first_row = 0) {
  Region region;
  for (int y = first_row; y < picture.height(); ++y) {
    for (int x = 0; x < std::min(picture.width(), end); ++x) {
      if (picture.at(x, y) != color) continue;
      region.left = std::min(region.left, x);
      region.right = std::max(region.right, x);
      region.top = std::min(region.top, y);
      region.bottom = std::max(region.bottom, y);
      ++region.count;
    }
  }
  return region;
}

inline bool same_pixels(const figures::Picture& a, const figures::Picture& b) {
  return a.width() == b.width() && a.height() == b.height() &&
         std::equal(a.data(), a.data() + static_cast<ptrdiff_t>(a.width()) * a.height(), b.data());
}

/// Rows of the frame's horizontal lines in the colour of the grid, from above: where a plot's marks
/// are.
inline std::vector<int> grid_rows(const figures::Picture& picture, int column) {
  constexpr figures::Color kGrid = {228, 228, 228};
  std::vector<int> rows;
  for (int y = 1; y < picture.height(); ++y) {
    if (picture.at(column, y) == kGrid && picture.at(column, y - 1) != kGrid) rows.push_back(y);
  }
  return rows;
}

/// The first two colours of Tab10, in which plots draw their first two series.
inline constexpr figures::Color kBlue = {31, 119, 180}, kOrange = {255, 127, 14};
inline constexpr figures::Color kBlack = {0, 0, 0};

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace hourglass::testing
