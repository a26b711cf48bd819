#pragma once

#include "hourglass/core/value_range.h"
#include "hourglass/sources/data_options.h"
#include "hourglass/sources/open.h"

#include <cstdint>

namespace hourglass::sources {

// What is drawn of items on their way into a batch: values of 0 and 1, and noise.

/// Throws `Error` for inputs of this range that the options cannot work with, `UsageError` for options
/// that cannot work together.
void check_chance(const DataOptions& options, const ValueRange& range, bool scaling_is_given);

/// Draws training rows as the options say, and always the same of what judges the model.
void add_chance(DataSplits& splits, const DataOptions& options, uint64_t seed);

}  // namespace hourglass::sources
