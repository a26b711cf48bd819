#pragma once

#include "hourglass/kernels/activation.h"
#include "hourglass/kernels/matrix_product.h"

#include <cstdint>

namespace hourglass::kernels {

enum class Loss {
  Bce,  ///< binary cross-entropy of a sigmoid, from the logit: stable for any
  Mse,
  Mae,
};

/// The last layer's bias, its activation, the loss and the loss's gradient, in one pass. A loss is
/// summed over values; dividing by their number is a matter of `scale` and of the caller.
struct LossPass {
  Loss loss = Loss::Bce;
  Activation activation = Activation::Sigmoid;  ///< Bce: sigmoid, whatever is said
  int64_t rows = 0, columns = 0;
  const float* bias = nullptr;
  MutableRowsOf logits = {};  ///< in: without the bias; out: the gradient with regard to them
  RowsOf target = {};
  int64_t rows_per_target = 1;  ///< rows of logits that share a row of the target
  float scale = 1;              ///< of the gradient
  bool wants_gradient = true;   ///< else `logits` stay as they are
  float* row_losses = nullptr;  ///< [rows], or null
};

/// Returns the sum of the loss over all values. Bytes of the target beyond `columns` do not matter.
double loss_pass(const LossPass& pass);

}  // namespace hourglass::kernels
