#include "hourglass/datasets/mapped_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/datasets/stored_values.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace hourglass::datasets {
namespace {

/// What the system brings in around a page that is read: with a row, its neighbours.
constexpr int64_t kBytesAround = 64 << 10;

std::string form_of(const MappedPart& part) {
  return fmt::format("{} [{}]", c10::toString(part.rows.scalar_type()),
                     shape_text(part.rows.sizes().slice(1).vec()));
}

/// From [H, W, C] to [C, H, W].
void put_channels_first(const float* from, const Shape& item_shape, float* to) {
  const int64_t channels = item_shape[0], pixels = item_shape[1] * item_shape[2];
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t i = 0; i < pixels; ++i) *to++ = from[i * channels + c];
  }
}

}  // namespace

MappedRows::MappedRows(std::vector<MappedPart> parts, Shape item_shape, bool channels_last)
    : parts_(std::move(parts)),
      starts_{0},
      item_shape_(std::move(item_shape)),
      values_(c10::multiply_integers(item_shape_)),
      row_bytes_(values_ * static_cast<int64_t>(parts_.front().rows.element_size())),
      channels_last_(channels_last) {
  for (const auto& part : parts_) {
    if (form_of(part) != form_of(parts_.front())) {
      throw Error("{}: expected rows of {} as in {}, found {}", part.name, form_of(parts_.front()),
                  parts_.front().name, form_of(part));
    }
    starts_.push_back(starts_.back() + part.rows.size(0));
  }
}

size_t MappedRows::part_of(int64_t row) const {
  if (parts_.size() == 1) return 0;
  return static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), row) -
                             starts_.begin() - 1);
}

std::string_view MappedRows::bytes_of(const MappedPart& part) const {
  return {static_cast<const char*>(part.rows.const_data_ptr()),
          static_cast<size_t>(part.rows.size(0) * row_bytes_)};
}

const char* MappedRows::stored(int64_t row) const {
  const size_t part = part_of(row);
  return static_cast<const char*>(parts_[part].rows.const_data_ptr()) +
         (row - starts_[part]) * row_bytes_;
}

void MappedRows::read(int64_t row, float* to) const {
  if (!channels_last_) return to_floats(type(), stored(row), values_, to);
  thread_local std::vector<float> values;
  values.resize(static_cast<size_t>(values_));
  to_floats(type(), stored(row), values_, values.data());
  put_channels_first(values.data(), item_shape_, to);
}

at::Tensor MappedRows::items(int64_t first, int64_t count) const {
  Shape shape = item_shape_;
  shape.insert(shape.begin(), count);
  at::Tensor items = at::empty(shape, at::kFloat);
  auto* to = items.mutable_data_ptr<float>();
  for (int64_t i = 0; i < count; ++i) {
    read(first + i, to + i * values_);
    note_reading({{first + i}});
  }
  return items;
}

std::string MappedRows::place(int64_t row) const {
  const size_t part = part_of(row);
  return fmt::format("{}: row {}", parts_[part].name, row - starts_[part]);
}

void MappedRows::note_reading(std::span<const int64_t> rows) const {
  int64_t bytes = 0, expected = -1;
  for (const int64_t row : rows) {
    bytes += row_bytes_ + (row == expected ? 0 : kBytesAround);
    expected = row + 1;
  }
  if (resident_.fetch_add(bytes, std::memory_order_relaxed) + bytes < kResidentBytes) return;
  // Whoever reads them at this moment reads them again.
  resident_.store(0, std::memory_order_relaxed);
  for (const auto& part : parts_) hourglass::forget_reading(bytes_of(part));
}

void MappedRows::expect_reading(int64_t first, int64_t count) const {
  const int64_t end = first + count;
  for (size_t part = part_of(first); part < parts_.size() && starts_[part] < end; ++part) {
    const int64_t from = std::max(first, starts_[part]), to = std::min(end, starts_[part + 1]);
    hourglass::expect_reading(bytes_of(parts_[part])
                                  .substr(static_cast<size_t>((from - starts_[part]) * row_bytes_),
                                          static_cast<size_t>((to - from) * row_bytes_)));
  }
}

std::shared_ptr<const MappedRows> MappedRows::reshaped(const Shape& item_shape) const {
  if (item_shape == item_shape_) {
    return std::make_shared<MappedRows>(parts_, item_shape, channels_last_);
  }
  if (channels_last_) {
    throw Error("`item_shape`: expected the shape {} of images that are stored channels last",
                shape_text(item_shape_));
  }
  return std::make_shared<MappedRows>(parts_, item_shape);
}

}  // namespace hourglass::datasets
