#pragma once

#include "hourglass/core/error.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/kernels/scaling.h"

#include <cstdint>

namespace hourglass::datasets {

// What data sets that scale their rows on the way into a batch have in common.

/// Throws `Error` unless there is one pair for all of so many features, or one for each.
inline void check_scaling(const Scaling& scaling, size_t features) {
  const size_t pairs = scaling.factor.size();
  if (scaling.offset.size() == pairs && (pairs == 1 || pairs == features)) return;
  throw Error("expected a scaling for one or for {} features, found {} offsets and {} factors",
              features, scaling.offset.size(), pairs);
}

/// (in − offset) · factor of an item's `count` values, for one pair or, where `each`, one a value.
template <class Stored>
void scale_item(int64_t count, const Stored* in, bool each, const float* offset,
                const float* factor, float* out) {
  if (each) {
    kernels::scale(count, in, offset, factor, out);
  } else {
    kernels::scale(count, in, *offset, *factor, out);
  }
}

}  // namespace hourglass::datasets
