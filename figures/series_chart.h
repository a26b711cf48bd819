#pragma once

#include "hourglass/figures/picture.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass::figures {

/// A curve over the times of a chart. A value that is not finite leaves a gap.
struct TimeCurve {
  std::string name;
  std::vector<double> values;  ///< one a time
};

/// One of the plots under each other.
struct TimePanel {
  std::string y_label;
  std::vector<TimeCurve> curves;
  std::optional<double> threshold = {};  ///< a line across
};

/// A stretch of time, both ends included.
struct TimeSpan {
  double first = 0, last = 0;
};

struct SeriesChartOptions {
  std::string title;
  std::string x_label;
  bool dates = false;           ///< times are seconds since 1970, rather than numbers
  std::vector<TimeSpan> spans;  ///< shaded in all panels
  std::string span_name;        ///< what they are, in the legend of the last panel
};

/// Curves over time in panels under each other, which share their x axis: a series and what a model
/// makes of it, and the error below. `times` [T] ascend. Curves of more values than the picture has
/// columns are drawn by the least and the greatest value of each column, so that no peak is lost.
/// Throws `Error` when there are no times or panels, a panel has no curve, or a curve not one value a
/// time.
Picture series_chart(const std::vector<double>& times, const std::vector<TimePanel>& panels,
                     const SeriesChartOptions& options = {});

}  // namespace hourglass::figures
