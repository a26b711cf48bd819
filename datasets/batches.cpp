#include "hourglass/datasets/batches.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::datasets {

void for_each_batch(const Dataset& data, int64_t batch_size, int64_t epoch, const BatchWork& work,
                    const BatchProgress& progress) {
  for (int64_t first = 0; first < data.size(); first += batch_size) {
    const int64_t end = std::min(first + batch_size, data.size());
    work(data.batch(at::arange(first, end, at::kLong), epoch), first);
    if (progress) progress(end);
  }
}

void for_each_batch(const Dataset& data, const BatchWork& work, const BatchProgress& progress) {
  for_each_batch(data, kRowsAtOnce, 0, work, progress);
}

at::Tensor mean_of_known_targets(const Dataset& data, int64_t epoch) {
  at::Tensor sums = at::zeros(data.target_shape(), at::kDouble), known = at::zeros_like(sums);
  for_each_batch(data, kRowsAtOnce, epoch, [&](const Batch& batch, int64_t /*first*/) {
    sums += batch.target.nan_to_num(0).sum(0, /*keepdim=*/false, at::kDouble).cpu();
    known += batch.target.isnan().logical_not_().sum(0).cpu();
  });
  return (sums / known.clamp_min_(1)).to(at::kFloat);
}

std::vector<int64_t> row_numbers(const Dataset& data) {
  const at::Tensor rows = data.rows_at(data.all_positions()).cpu().contiguous();
  const auto* first = rows.const_data_ptr<int64_t>();
  return {first, first + rows.size(0)};
}

at::Tensor evenly_spread(int64_t count, int64_t size) {
  const int64_t chosen = std::min(count, size);
  return at::arange(chosen, at::kLong).mul(size).floor_divide(chosen);
}

}  // namespace hourglass::datasets
