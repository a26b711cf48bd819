#pragma once

#include "hourglass/datasets/dataset.h"

#include <cstdint>

namespace hourglass::datasets {

/// `Dataset::batch` of a data set that makes its items row by row: what its `write` puts into fresh
/// memory, some rows a thread, then moved to `device`. The target is the input; there is no condition.
Batch gathered_batch(const Dataset& data, const at::Tensor& positions, int64_t epoch,
                     at::Device device);

}  // namespace hourglass::datasets
