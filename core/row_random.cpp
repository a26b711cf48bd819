#include "hourglass/core/row_random.h"

#include "hourglass/core/random.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>

namespace hourglass {
namespace {

using Words = std::array<uint32_t, 4>;
using Four = std::array<float, 4>;

Four uniform_numbers(const Words& words) {
  return {to_unit(words[0]), to_unit(words[1]), to_unit(words[2]), to_unit(words[3])};
}

Four normal_numbers(const Words& words) {
  const auto a = to_normal(words[0], words[1]), b = to_normal(words[2], words[3]);
  return {a[0], a[1], b[0], b[1]};
}

/// The first `count` numbers of a row. Number i comes from word i % 4 of the row's block i / 4.
template <class Draw>
void fill_row(uint64_t key, int64_t row, int64_t count, float* out, Draw draw) {
  for (int64_t first = 0; first < count; first += 4) {
    const Four four =
        draw(philox(key, static_cast<uint64_t>(row), static_cast<uint64_t>(first / 4)));
    std::copy_n(four.begin(), std::min<int64_t>(4, count - first), out + first);
  }
}

template <class Draw>
at::Tensor filled(uint64_t key, const at::Tensor& rows, const Shape& item_shape, Draw draw) {
  constexpr int64_t kValuesPerTask = 4096;  // some 50 µs of work, well above the cost of a task
  at::Tensor numbers = at::empty(with_batch(rows.size(0), item_shape), at::kFloat);
  const int64_t count = element_count(item_shape);
  auto* values = numbers.mutable_data_ptr<float>();
  const auto* row = rows.const_data_ptr<int64_t>();
  at::parallel_for(0, rows.size(0),
                   std::max<int64_t>(1, kValuesPerTask / std::max<int64_t>(1, count)),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                       fill_row(key, row[i], count, values + i * count, draw);
                     }
                   });
  return numbers;
}

}  // namespace

uint64_t RowRandom::key(std::string_view purpose) const {
  return derive_seed(seed_, purpose, static_cast<uint64_t>(epoch_));
}

void RowRandom::fill_normal(std::string_view purpose, const RowNumbers& to) const {
  const uint64_t purpose_key = key(purpose);
  for (size_t i = 0; i < to.rows.size(); ++i) {
    fill_row(purpose_key, to.rows[i], to.count, to.out + static_cast<int64_t>(i) * to.stride,
             normal_numbers);
  }
}

void RowRandom::fill_uniform(std::string_view purpose, const RowNumbers& to) const {
  const uint64_t purpose_key = key(purpose);
  for (size_t i = 0; i < to.rows.size(); ++i) {
    fill_row(purpose_key, to.rows[i], to.count, to.out + static_cast<int64_t>(i) * to.stride,
             uniform_numbers);
  }
}

at::Tensor RowRandom::normal(std::string_view purpose, const at::Tensor& rows,
                             const Shape& item_shape) const {
  return filled(key(purpose), rows, item_shape, normal_numbers);
}

at::Tensor RowRandom::uniform(std::string_view purpose, const at::Tensor& rows,
                              const Shape& item_shape) const {
  return filled(key(purpose), rows, item_shape, uniform_numbers);
}

at::Tensor RowRandom::normal_like(std::string_view purpose, const at::Tensor& rows,
                                  const at::Tensor& like) const {
  return normal(purpose, rows, like.sizes().slice(1).vec()).to(like.options().requires_grad(false));
}

}  // namespace hourglass
