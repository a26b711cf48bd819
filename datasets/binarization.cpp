#include "hourglass/datasets/binarization.h"

#include <ATen/ATen.h>

namespace hourglass::datasets {

void Binarized::change(Batch& batch, const RowRandom& random) const {
  const at::Tensor drawn = random.uniform("binarization", batch.rows, item_shape());
  batch.input = (drawn < batch.input.cpu()).to(at::kFloat).to(batch.input.device());
  batch.target = batch.input;
}

void Binarized::change(const BatchMemory& item, const RowNumbers& numbers,
                       const RowRandom& random) const {
  random.fill_uniform("binarization", numbers);
  for (float* values : {item.input, item.target}) {
    if (!values) continue;
    for (int64_t j = 0; j < numbers.count; ++j) {
      values[j] = numbers.out[j] < values[j] ? 1.0F : 0.0F;
    }
  }
}

DatasetPtr Binarized::to(at::Device device) const {
  return std::make_shared<Binarized>(inner().to(device), when(), seed());
}

}  // namespace hourglass::datasets
