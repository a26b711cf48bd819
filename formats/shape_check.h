#pragma once

#include "hourglass/core/batch.h"

#include <cstdint>
#include <optional>

namespace hourglass::formats {

/// The number of elements of a shape that a file declares; none where a size is negative or the
/// product leaves int64. A size of 0 does not excuse the others: strides are their product.
inline std::optional<int64_t> checked_element_count(const Shape& shape) {
  int64_t count = 1, without_zeros = 1;
  for (const int64_t size : shape) {
    if (size < 0) return {};
    if (size > 0 && __builtin_mul_overflow(without_zeros, size, &without_zeros)) return {};
    if (size == 0) count = 0;
  }
  return count == 0 ? 0 : without_zeros;
}

}  // namespace hourglass::formats
