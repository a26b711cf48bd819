#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::models {

// What looks across the rows of a batch beyond means and sums of losses. Processes that share a
// batch have to agree on these values, and on nothing else.

/// The strongest of all values of a batch.
struct BatchSelection {
  at::Tensor chosen;    ///< bool, of the values' shape
  at::Tensor smallest;  ///< scalar: the smallest chosen value; infinite where none is
};

/// The `count` largest of `values` [B, W], of which those above 0 are chosen. Values that tie with
/// the last one are chosen, too.
BatchSelection largest_of_batch(const at::Tensor& values, int64_t count);

/// Which units of a code [B, W] are not 0 in some row: bool [W].
at::Tensor spoke_in_batch(const at::Tensor& code);

}  // namespace hourglass::models
