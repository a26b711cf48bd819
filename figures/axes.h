#pragma once

#include "hourglass/figures/canvas.h"
#include "hourglass/figures/ticks.h"

#include <string>
#include <vector>

// Private to the room: a plot's frame, scales, marks and labels.

namespace hourglass::figures {

enum class Scale { Linear, Logarithmic };

struct Axis {
  std::string label;
  double low = 0, high = 1;
  Scale scale = Scale::Linear;
  bool whole = false;   ///< marks at whole numbers alone
  bool aslant = false;  ///< the labels of an x axis are turned, so that long names stand closer
  Ticks ticks;          ///< chosen when drawn, to suit the space, unless they are given

  /// 0 at `low` … 1 at `high`.
  double share(double value) const;
};

/// An axis over all the values with some air at both ends; values that are not finite, and on a
/// logarithmic axis those that are not positive, are passed over. 0 … 1 where nothing is left.
Axis fit_axis(std::string label, const std::vector<double>& values, Scale scale = Scale::Linear);

/// An axis of named places 0, 1, 2 … ; one that runs down when `low` and `high` are swapped.
Axis named_axis(std::string label, const std::vector<std::string>& names);

/// Where in the picture the data go.
struct PlotArea {
  Box box;
  Axis x, y;

  Point at(double x_value, double y_value) const;
};

enum class Grid { None, Horizontal, Both };

struct AxesStyle {
  Grid grid = Grid::Both;
  double text_size = kSmallSize;
};

/// Draws frame, grid, marks and labels of the largest plot that fits into `space`.
PlotArea draw_axes(Canvas& canvas, const Box& space, Axis x, Axis y, const AxesStyle& style = {});

/// What marks and labels need outside of a plot's frame.
struct AxesMargins {
  double left = 0, top = 0, bottom = 0;
};

/// Expects the ticks of `y` to be given.
AxesMargins axes_margins(const Axis& x, const Axis& y, const AxesStyle& style = {});

/// The same as `draw_axes` for a frame whose place is fixed.
PlotArea draw_axes_around(Canvas& canvas, const Box& frame, Axis x, Axis y,
                          const AxesStyle& style = {});

}  // namespace hourglass::figures
