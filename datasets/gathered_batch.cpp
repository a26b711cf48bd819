#include "hourglass/datasets/gathered_batch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <span>

namespace hourglass::datasets {

Batch gathered_batch(const Dataset& data, const at::Tensor& positions, int64_t epoch,
                     at::Device device) {
  constexpr int64_t kRowsOfAThread = 64;
  const at::Tensor rows = positions.contiguous();
  const int64_t count = rows.size(0);
  at::Tensor items = at::empty(with_batch(count, data.item_shape()), at::kFloat);
  at::Tensor labels = data.has_labels() ? at::empty({count}, at::kLong) : at::Tensor();
  const BatchMemory memory{
      .input = items.mutable_data_ptr<float>(),
      .input_stride = element_count(data.item_shape()),
      .labels = labels.defined() ? labels.mutable_data_ptr<int64_t>() : nullptr};
  const auto* numbers = rows.const_data_ptr<int64_t>();
  at::parallel_for(0, count, kRowsOfAThread, [&](int64_t first, int64_t end) {
    BatchMemory part = memory;
    part.advance(first);
    data.write(std::span(numbers + first, static_cast<size_t>(end - first)), epoch, part);
  });
  Batch batch;
  batch.input = items.to(device);
  batch.target = batch.input;
  if (labels.defined()) batch.labels = labels.to(device);
  batch.rows = positions;
  return batch;
}

}  // namespace hourglass::datasets
