#pragma once

#include "hourglass/figures/picture.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::figures {

enum class LineStyle { Solid, Dashed };

/// One curve. A value that is not finite leaves a gap.
struct Series {
  std::string name;
  std::vector<double> x, y;  ///< of one length
  LineStyle style = LineStyle::Solid;
  /// Which of the distinct colours, from 0; none: that of its place among the series. Series of one
  /// colour belong together, and the first of them gives the legend its name.
  std::optional<size_t> color = {};
};

struct LinePlotOptions {
  std::string title;
  std::string x_label, y_label;
  bool log_y = false;  ///< values of zero and below, which have no logarithm, leave gaps
  /// What solid and dashed lines are, in the legend; empty: styles mean nothing.
  std::string solid_name = {}, dashed_name = {};
};

/// Curves in one plot: losses over epochs, a ROC curve.
/// Throws `Error` when there is no series, a series is empty, or its x and y differ in length.
Picture line_plot(const std::vector<Series>& series, const LinePlotOptions& options = {});

/// One of several plots in a picture.
struct LinePanel {
  std::string y_label;
  std::vector<Series> series;
};

/// Plots beside and below each other under one title, with one legend for all; `y_label` of the
/// options is not used. Throws `Error` as `line_plot` does, and when there are no panels.
Picture line_panels(const std::vector<LinePanel>& panels, const LinePlotOptions& options = {});

}  // namespace hourglass::figures
