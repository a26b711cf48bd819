#pragma once

#include "hourglass/core/processes.h"

#include <ATen/core/Tensor.h>

namespace hourglass::models {

// What objectives and layers take from a batch as a whole, when several processes have a share of it
// each. All are differentiable: the gradient that arrives is that of the sum of what all processes
// minimise. Alone, each is its argument.

/// Σ over the processes of `values`, of one shape in all.
at::Tensor sum_of_all(const at::Tensor& values, const Processes& processes);

/// The mean of each unit over the rows of the whole batch: [n, …] -> […]. `share` is the part of the
/// rows that is here (see `StepContext::share`).
at::Tensor mean_of_all(const at::Tensor& rows, double share, const Processes& processes);

/// The rows of the whole batch, in its order: n here, N in all, [n, …] -> [N, …].
at::Tensor rows_of_all(const at::Tensor& rows, const Processes& processes);

}  // namespace hourglass::models
