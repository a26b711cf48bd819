#pragma once

#include "hourglass/core/shape.h"

#include <ATen/core/Tensor.h>

namespace hourglass {

/// What a data set hands out and a loss takes. B is the number of rows.
struct Batch {
  /// [B, shape…] float32: what the model sees (corrupted, when noise is asked for).
  at::Tensor input;
  /// [B, shape…] float32: what it should give; the same tensor as `input` for a plain autoencoder.
  at::Tensor target;
  /// [B] int64, or undefined where the data has none.
  at::Tensor labels;
  /// [B, K] float32: what the model is told beside the input (a class, say, as K numbers of which
  /// one is 1), or undefined.
  at::Tensor condition;
  /// [B] int64 on the CPU: the items' row numbers in the data set they were read from.
  at::Tensor rows;
};

}  // namespace hourglass
