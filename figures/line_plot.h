#pragma once

#include "hourglass/figures/picture.h"

#include <string>
#include <vector>

namespace hourglass::figures {

/// One curve. A value that is not finite leaves a gap.
struct Series {
  std::string name;
  std::vector<double> x, y;  ///< of one length
};

struct LinePlotOptions {
  std::string title;
  std::string x_label, y_label;
  bool log_y = false;  ///< values of zero and below, which have no logarithm, leave gaps
};

/// Curves in one plot: losses over epochs, a ROC curve.
/// Throws `Error` when there is no series, a series is empty, or its x and y differ in length.
Picture line_plot(const std::vector<Series>& series, const LinePlotOptions& options = {});

}  // namespace hourglass::figures
