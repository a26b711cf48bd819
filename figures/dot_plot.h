#pragma once

#include "hourglass/figures/picture.h"

#include <string>
#include <vector>

namespace hourglass::figures {

/// Measurements of one thing: the same model from several seeds, say.
struct DotRow {
  std::string name;
  std::vector<double> values;  ///< those that are not finite are left out; may be empty
};

struct DotPlotOptions {
  std::string title;
  std::string x_label;
};

/// A line a row, the first at the top: a dot a value, and where there are several, a mark at their
/// mean over a line from the lowest to the highest. Throws `Error` when there are no rows.
Picture dot_plot(const std::vector<DotRow>& rows, const DotPlotOptions& options = {});

}  // namespace hourglass::figures
