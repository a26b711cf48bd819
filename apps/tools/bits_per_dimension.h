#pragma once

#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_list.h"

namespace hourglass::apps {

/// The losses of a run whose loss is a bound of −log p(x), in bits for each value of an item, loss / (D
/// ln 2): a table of the columns epoch, train_loss and validation_loss. Throws `Error` for a run
/// of another loss (none with a KL divergence of weight 1), and where its best.pt, which has the number of
/// values, cannot be read.
runs::MetricsTable bits_per_dimension(const runs::ListedRun& run);

}  // namespace hourglass::apps
