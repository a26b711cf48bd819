#pragma once

#include "hourglass/datasets/item_scaling.h"

#include <cstdint>
#include <iterator>

namespace hourglass::datasets {

/// Whether a scaling has a pair or a curve for each of an item's values, or one for all. It has more
/// where it is also of columns that a model is told, its condition.
inline bool is_of_values(const Scaling& scaling, int64_t values) {
  const int64_t pairs = std::ssize(scaling.factor), curves = std::ssize(scaling.curves);
  return (pairs == 1 || pairs == values) && (curves == 0 || curves == values);
}

}  // namespace hourglass::datasets
