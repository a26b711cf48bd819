#include "hourglass/datasets/binarization.h"

#include "hourglass/core/row_random.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hourglass::datasets {

Binarized::Binarized(DatasetPtr probabilities, Binarization when, uint64_t seed)
    : DatasetDecorator(std::move(probabilities)), when_(when), seed_(seed) {}

Batch Binarized::batch(const at::Tensor& positions, int64_t epoch) const {
  Batch batch = inner().batch(positions, epoch);
  if (when_ == Binarization::None) return batch;
  // Drawn on the CPU, also for data on a GPU: it must be the same on every device.
  const RowRandom random(seed_, when_ == Binarization::Fresh ? epoch : 0);
  const at::Tensor drawn = random.uniform("binarization", batch.rows, item_shape());
  batch.input = (drawn < batch.input.cpu()).to(at::kFloat).to(batch.input.device());
  batch.target = batch.input;
  return batch;
}

void Binarized::write(std::span<const int64_t> positions, int64_t epoch,
                      const BatchMemory& to) const {
  std::vector<int64_t> rows(positions.size());
  BatchMemory items = to;
  items.rows = rows.data();
  inner().write(positions, epoch, items);
  if (to.rows) std::copy(rows.begin(), rows.end(), to.rows);
  if (when_ == Binarization::None) return;
  const RowRandom random(seed_, when_ == Binarization::Fresh ? epoch : 0);
  std::vector<float> drawn(static_cast<size_t>(element_count(item_shape())));
  for (size_t i = 0; i < rows.size(); ++i) {
    random.fill_uniform(
        "binarization",
        {.rows = std::span(rows).subspan(i, 1), .count = std::ssize(drawn), .out = drawn.data()});
    const auto draw = [&](float* values, int64_t stride) {
      if (!values) return;
      values += static_cast<int64_t>(i) * stride;
      for (size_t j = 0; j < drawn.size(); ++j) values[j] = drawn[j] < values[j] ? 1.0F : 0.0F;
    };
    draw(to.input, to.input_stride);
    draw(to.target, to.target_stride);
  }
}

DatasetPtr Binarized::to(at::Device device) const {
  return std::make_shared<Binarized>(inner().to(device), when_, seed_);
}

}  // namespace hourglass::datasets
