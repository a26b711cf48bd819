#pragma once

#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

namespace hourglass::figures {

/// Values of one kind: the errors of normal items, of anomalies.
struct HistogramGroup {
  std::string name;
  at::Tensor values;  ///< [N]
};

struct HistogramOptions {
  std::string title;
  std::string x_label;
  std::optional<double> threshold;  ///< a line across, with its value in the legend
  bool shares = false;  ///< heights are shares of each group, so that a small one is seen
  int bins = 0;         ///< 0: chosen to suit the first group's spread
};

/// Groups over each other in the same bins. Values that are not finite are left out.
/// Throws `Error` when there are no groups or a group's values are not [N].
Picture histogram(const std::vector<HistogramGroup>& groups, const HistogramOptions& options = {});

}  // namespace hourglass::figures
