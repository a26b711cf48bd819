#pragma once

#include "hourglass/models/likelihood.h"
#include "hourglass/sources/open.h"

namespace hourglass::runs {

/// Throws `Error` where training or validation targets are not what the likelihood is of, with the
/// row that tells. Reads all of them, but for losses that ask for a range alone, which is known.
void check_targets(const models::Likelihood& likelihood, const sources::DataSplits& data);

}  // namespace hourglass::runs
