#include "hourglass/evaluation/stream_item.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

Shape batch_of_one(Shape shape) {
  shape.insert(shape.begin(), 1);
  return shape;
}

}  // namespace

StreamItem::StreamItem(const Shape& shape, const datasets::Scaling& scaling)
    : values_(at::zeros(batch_of_one(shape))),
      items_(values_, {}, scaling),
      row_(values_.data_ptr<float>(), static_cast<size_t>(values_.numel())) {}

Batch StreamItem::batch() const { return items_.batch(at::zeros({1}, at::kLong), 0); }

}  // namespace hourglass::evaluation
