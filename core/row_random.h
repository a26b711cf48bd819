#pragma once

#include "hourglass/core/shape.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace hourglass {

/// Memory for `count` numbers of each row: those of row i begin at out + i · stride.
struct RowNumbers {
  std::span<const int64_t> rows;
  int64_t count = 0;
  float* out = nullptr;
  int64_t stride = 0;
};

/// Random numbers of the rows of a data set, keyed by (seed, purpose, epoch, row): the same for a
/// row whatever the order and size of batches, the engine and the number of processes, and without
/// a state to save.
class RowRandom {
 public:
  RowRandom() = default;
  explicit RowRandom(uint64_t seed, int64_t epoch = 0) : seed_(seed), epoch_(epoch) {}

  // The same numbers as below, on the calling thread.
  void fill_normal(std::string_view purpose, const RowNumbers& to) const;
  void fill_uniform(std::string_view purpose, const RowNumbers& to) const;

  // `rows` is int64 [B] on the CPU; the result is float32 [B, item_shape…] on the CPU.

  /// Standard normal numbers.
  at::Tensor normal(std::string_view purpose, const at::Tensor& rows,
                    const Shape& item_shape) const;

  /// Numbers in [0, 1).
  at::Tensor uniform(std::string_view purpose, const at::Tensor& rows,
                     const Shape& item_shape) const;

  /// Standard normal numbers in the shape of `like` [B, …], of its type and on its device.
  at::Tensor normal_like(std::string_view purpose, const at::Tensor& rows,
                         const at::Tensor& like) const;

 private:
  uint64_t seed_ = 0;
  int64_t epoch_ = 0;

  uint64_t key(std::string_view purpose) const;
};

}  // namespace hourglass
