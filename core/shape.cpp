#include "hourglass/core/shape.h"

#include "hourglass/core/text.h"

#include <functional>
#include <numeric>

namespace hourglass {

int64_t element_count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::string shape_text(const Shape& shape) {
  std::vector<std::string> parts;
  for (const int64_t size : shape) parts.push_back(std::to_string(size));
  return join_text(parts, " x ");
}

Shape with_batch(int64_t batch, const Shape& item_shape) {
  Shape sizes = {batch};
  sizes.insert(sizes.end(), item_shape.begin(), item_shape.end());
  return sizes;
}

}  // namespace hourglass
