#pragma once

#include "hourglass/core/batch.h"

#include <algorithm>
#include <cstddef>
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

/// Behind the last element that a tensor reaches in its storage, from `offset` on; none where a number
/// is negative, strides are not as many as sizes, or the place leaves int64.
inline std::optional<int64_t> strided_end(int64_t offset, const Shape& sizes,
                                          const Shape& strides) {
  if (offset < 0 || sizes.size() != strides.size()) return {};
  int64_t end = offset;  // of the last element
  for (size_t i = 0; i < sizes.size(); ++i) {
    int64_t reach = 0;
    if (sizes[i] < 0 || strides[i] < 0 ||
        __builtin_mul_overflow(std::max<int64_t>(sizes[i] - 1, 0), strides[i], &reach) ||
        __builtin_add_overflow(end, reach, &end)) {
      return {};
    }
  }
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return offset;
  if (__builtin_add_overflow(end, 1, &end)) return {};
  return end;
}

}  // namespace hourglass::formats
