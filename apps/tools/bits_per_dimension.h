#pragma once

#include "hourglass/cli/run_model.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_list.h"

namespace hourglass::apps {

/// The losses of a run whose loss is a bound of −log p(x), in bits for each value of an item as it
/// was scaled, loss / (D ln 2): a table of the columns epoch, train_loss (NaN while a KL divergence
/// gains its weight) and validation_loss. Throws `Error` for a run of another loss, and where its
/// model, which has the number of values, cannot be read, or is none of those that may be loaded.
runs::MetricsTable bits_per_dimension(const runs::ListedRun& run,
                                      const cli::RunModelOptions& options = {});

}  // namespace hourglass::apps
