#pragma once

#include <vector>

// Private to the room: lengths, places and the look that all pictures share.

namespace hourglass::figures {

/// In pixels from the picture's upper left corner, x to the right and y downwards; the corner of a
/// pixel is whole.
struct Point {
  double x = 0, y = 0;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point center() const { return {x + width / 2, y + height / 2}; }

  Box without_left(double length) const { return {x + length, y, width - length, height}; }
  Box without_right(double length) const { return {x, y, width - length, height}; }
  Box without_top(double length) const { return {x, y + length, width, height - length}; }
  Box without_bottom(double length) const { return {x, y, width, height - length}; }
  Box inset(double length) const {
    return {x + length, y + length, width - 2 * length, height - 2 * length};
  }
};

/// A closed line.
using Contour = std::vector<Point>;

/// Pixels to a typographic point: pictures are drawn at 216 dots an inch, crisp on screen and on
/// paper.
inline constexpr double kPoint = 3;

}  // namespace hourglass::figures
