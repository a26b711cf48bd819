#pragma once

#include "hourglass/kernels/matrix_product.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <random>

namespace hourglass::kernels {

/// Random rows, each padded with ones, which no result may depend on.
class Rows {
 public:
  Rows(int64_t rows, int64_t columns, uint32_t seed)
      : columns_(columns),
        data_(new (std::align_val_t(64)) float[static_cast<size_t>(rows * padded(columns))]) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::fill_n(data_.get(), rows * stride(), 1.0F);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) at(i, j) = uniform(random);
    }
  }

  float& at(int64_t i, int64_t j) { return data_.get()[i * stride() + j]; }
  int64_t stride() const { return padded(columns_); }
  float* data() const { return data_.get(); }
  operator RowsOf() const { return {data(), stride()}; }
  operator MutableRowsOf() const { return {data(), stride()}; }

 private:
  struct Free {
    void operator()(float* data) const { ::operator delete[](data, std::align_val_t(64)); }
  };
  int64_t columns_;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace hourglass::kernels
