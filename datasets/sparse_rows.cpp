#include "hourglass/datasets/sparse_rows.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace hourglass::datasets {

SparseRows::SparseRows(std::vector<int64_t> offsets, std::vector<int32_t> columns, Shape item_shape)
    : offsets_(std::move(offsets)),
      columns_(std::move(columns)),
      item_shape_(std::move(item_shape)),
      width_(element_count(item_shape_)) {
  if (offsets_.empty() || offsets_.front() != 0 || offsets_.back() != std::ssize(columns_) ||
      !std::is_sorted(offsets_.begin(), offsets_.end())) {
    throw Error("sparse rows: expected ascending offsets from 0 to {}", columns_.size());
  }
  for (int64_t row = 0; row < size(); ++row) {
    const auto places = ones(row);
    const bool ascend =
        std::adjacent_find(places.begin(), places.end(), std::greater_equal<>()) == places.end();
    if (places.empty() || (ascend && places.front() >= 0 && places.back() < width_)) continue;
    throw Error("sparse rows: row {}: expected ascending places of 0 to {}", row, width_ - 1);
  }
}

std::span<const int32_t> SparseRows::ones(int64_t row) const {
  const auto first = static_cast<size_t>(offsets_[static_cast<size_t>(row)]);
  const auto end = static_cast<size_t>(offsets_[static_cast<size_t>(row) + 1]);
  return std::span(columns_).subspan(first, end - first);
}

void SparseRows::write(int64_t row, float* to) const {
  std::fill_n(to, width_, 0.0F);
  for (const int32_t place : ones(row)) to[place] = 1;
}

at::Tensor SparseRows::items(int64_t first, int64_t count) const {
  at::Tensor items = at::empty(with_batch(count, item_shape_), at::kFloat);
  auto* to = items.mutable_data_ptr<float>();
  for (int64_t i = 0; i < count; ++i, to += width_) write(first + i, to);
  return items;
}

std::shared_ptr<const SparseRows> SparseRows::reshaped(const Shape& item_shape) const {
  return std::make_shared<SparseRows>(offsets_, columns_, item_shape);
}

}  // namespace hourglass::datasets
