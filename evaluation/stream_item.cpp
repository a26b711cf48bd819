#include "hourglass/evaluation/stream_item.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::evaluation {
namespace {

Shape batch_of_one(Shape shape) {
  shape.insert(shape.begin(), 1);
  return shape;
}

int64_t rows_of_item(const Shape& shape, int64_t width) {
  const int64_t values = element_count(shape);
  if (width > 0 && values % width == 0) return values / width;
  throw Error("expected rows that make up items of {} values, found rows of {}", values, width);
}

}  // namespace

StreamItem::StreamItem(const Shape& shape, int64_t width, const datasets::Scaling& scaling)
    : values_(at::zeros(batch_of_one(shape))),
      items_(values_, {}, scaling),
      row_(static_cast<size_t>(width)),
      missing_(rows_of_item(shape, width)) {}

void StreamItem::advance() {
  const std::span<float> item(values_.data_ptr<float>(), static_cast<size_t>(values_.numel()));
  std::shift_left(item.begin(), item.end(), std::ssize(row_));
  std::copy(row_.begin(), row_.end(), item.end() - std::ssize(row_));
  missing_ = std::max<int64_t>(missing_ - 1, 0);
}

Batch StreamItem::batch() const { return items_.batch(at::zeros({1}, at::kLong), 0); }

nlohmann::json StreamItem::to_json() const {
  const auto* first = values_.const_data_ptr<float>();
  return {{"missing_rows", missing_},
          {"values", std::vector<double>(first, first + values_.numel())}};
}

void StreamItem::restore(const formats::JsonFields& fields) {
  const auto values = fields.get<std::vector<double>>("values");
  if (std::ssize(values) != values_.numel()) {
    fields.fail("values", fmt::format("{} numbers, as an item has", values_.numel()));
  }
  const auto missing = fields.get<int64_t>("missing_rows");
  if (missing < 0 || missing > values_.numel() / std::ssize(row_)) {
    fields.fail("missing_rows", "a number of rows of an item");
  }
  std::copy(values.begin(), values.end(), values_.data_ptr<float>());
  missing_ = missing;
}

}  // namespace hourglass::evaluation
