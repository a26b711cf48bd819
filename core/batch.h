#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace hourglass {

/// The shape of one item, without the batch: {1, 28, 28} for a grey image [C, H, W], {4} for a
/// table row.
using Shape = std::vector<int64_t>;

/// What a data set hands out and a loss takes. B is the number of rows.
struct Batch {
  at::Tensor
      input;  ///< [B, shape…] float32: what the model sees (corrupted, when noise is asked for)
  at::Tensor target;  ///< [B, shape…] float32: what it should give; the same tensor as `input` for
                      ///< a plain autoencoder
  at::Tensor labels;  ///< [B] int64, or undefined where the data has none
  at::Tensor
      rows;  ///< [B] int64 on the CPU: the items' row numbers in the data set they were read from
};

}  // namespace hourglass
