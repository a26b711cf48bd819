#pragma once

#include "hourglass/core/processes.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::models {

// What looks across the rows of a batch without a gradient; with one, see whole_batch.h. Processes
// that share the batch get the same values.

/// The strongest of all values of a batch.
struct BatchSelection {
  at::Tensor chosen;    ///< bool, of the values' shape
  at::Tensor smallest;  ///< scalar: the smallest chosen value; infinite where none is
};

/// The `count` largest of the whole batch's values, of which those above 0 are chosen; `values` [B, W]
/// are those of this process. Values that tie with the last one are chosen, too.
BatchSelection largest_of_batch(const at::Tensor& values, int64_t count,
                                const Processes& processes);

/// Which units of a code [B, W] are not 0 in some row: bool [W].
at::Tensor spoke_in_batch(const at::Tensor& code, const Processes& processes);

}  // namespace hourglass::models
