#pragma once

#include "hourglass/figures/picture.h"
#include "hourglass/runs/metrics_file.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass::cli {

/// A run's metrics, and what it is called in a legend.
struct NamedMetrics {
  std::string name;
  runs::MetricsTable metrics;
};

struct MetricCurveOptions {
  std::string title;
  bool log_scale = false;          ///< of the values
  std::string loss_name = "loss";  ///< beside its axis
};

/// The loss over the epochs, and beside it a panel for each of its terms and metrics (see
/// `compared_terms`). Of one run, training and validation have a colour each; of several, each run
/// has a colour, and its training curve is dashed. None where no run has finished an epoch.
std::optional<figures::Picture> draw_metric_curves(const std::vector<NamedMetrics>& runs,
                                                   const MetricCurveOptions& options);

}  // namespace hourglass::cli
