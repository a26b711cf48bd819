#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass {

/// The shape of one item, without the batch: {1, 28, 28} for a grey image [C, H, W], {4} for a
/// table row.
using Shape = std::vector<int64_t>;

/// The number of values in one item.
int64_t element_count(const Shape& shape);

/// "1 x 28 x 28".
std::string shape_text(const Shape& shape);

/// The shape of a batch of such items: {batch, shape…}.
Shape with_batch(int64_t batch, const Shape& item_shape);

}  // namespace hourglass
