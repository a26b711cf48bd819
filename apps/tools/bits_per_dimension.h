#pragma once

#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_list.h"

namespace hourglass::apps {

/// The losses of a run whose loss is a bound of −log p(x), in bits for each value of an item as it was
/// scaled, loss / (D ln 2): a table of the columns epoch, train_loss (NaN while a KL divergence gains its
/// weight) and validation_loss. Throws `Error` for a run of another loss, and where its best.pt, which
/// has the number of values, cannot be read.
runs::MetricsTable bits_per_dimension(const runs::ListedRun& run);

}  // namespace hourglass::apps
