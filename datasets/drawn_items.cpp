#include "hourglass/datasets/drawn_items.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace hourglass::datasets {

Batch DrawnItems::batch(const at::Tensor& positions, int64_t epoch) const {
  Batch batch = inner().batch(positions, epoch);
  change(batch, random(epoch));
  return batch;
}

void DrawnItems::write(std::span<const int64_t> positions, int64_t epoch,
                       const BatchMemory& to) const {
  std::vector<int64_t> rows(positions.size());
  BatchMemory items = to;
  items.rows = rows.data();
  inner().write(positions, epoch, items);
  if (to.rows) std::copy(rows.begin(), rows.end(), to.rows);
  const RowRandom drawn = random(epoch);
  std::vector<float> numbers(static_cast<size_t>(element_count(item_shape())));
  BatchMemory item = to;
  for (size_t i = 0; i < rows.size(); ++i, item.advance(1)) {
    change(item,
           {.rows = std::span(rows).subspan(i, 1),
            .count = std::ssize(numbers),
            .out = numbers.data()},
           drawn);
  }
}

}  // namespace hourglass::datasets
