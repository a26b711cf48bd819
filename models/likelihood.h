#pragma once

#include "core/options.h"
#include "models/activation.h"

#include <ATen/core/Tensor.h>

#include <utility>

namespace hourglass {

/// What a reconstruction is judged by. Each is the negative logarithm of a likelihood, up to
/// constants.
enum class Loss {
  Bce,  ///< binary cross-entropy, natural logarithm: Bernoulli; targets lie in [0, 1]
  Mse,  ///< squared error: Gaussian of variance ½
  Mae,  ///< absolute error: Laplace of scale 1
};

template <>
struct EnumNames<Loss> {
  static constexpr std::pair<Loss, const char*> kNames[] = {
      {Loss::Bce, "bce"}, {Loss::Mse, "mse"}, {Loss::Mae, "mae"}};
};

/// What stands at the end of every decoder, chosen once for all variants.
struct Likelihood {
  Loss loss = Loss::Bce;
  /// From the decoder's last linear outputs ("logits") to the reconstruction. Bce needs Sigmoid.
  Activation activation = Activation::Sigmoid;
};

/// Adds `--loss` and `--output-activation`.
void describe(OptionTable& table, Likelihood& likelihood);

/// Throws `UsageError` for binary cross-entropy without a sigmoid.
void check(const Likelihood& likelihood);

/// The mean over the batch of one loss per item, which is the mean or the sum over the item's
/// values.
enum class Reduction { MeanOfValues, SumOfValues };

/// Scalar loss of `logits` [B, shape…] against `target` [B, shape…]. Cross-entropy is computed on
/// the logits, which is stable where a sigmoid would saturate.
at::Tensor reconstruction_loss(const Likelihood& likelihood, const at::Tensor& logits,
                               const at::Tensor& target,
                               Reduction reduction = Reduction::MeanOfValues);

}  // namespace hourglass
