#pragma once

#include "hourglass/figures/picture.h"

#include <string>
#include <vector>

namespace hourglass::figures {

/// One bar in each category: a model, say, over several measures.
struct BarSeries {
  std::string name;
  std::vector<double> values;  ///< one a category; a value that is not finite has no bar
};

struct BarChartOptions {
  std::string title;
  std::string y_label;
};

/// Groups of bars, a group for each of `categories`, with the values above the bars.
/// Throws `Error` when there are no categories or series, or a series does not have one value a
/// category.
Picture bar_chart(const std::vector<std::string>& categories, const std::vector<BarSeries>& series,
                  const BarChartOptions& options = {});

}  // namespace hourglass::figures
