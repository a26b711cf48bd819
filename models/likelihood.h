#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/models/activation.h"

#include <ATen/core/Tensor.h>

namespace hourglass::models {

/// What a reconstruction is judged by. Each is the negative logarithm of a likelihood, up to
/// constants.
enum class Loss {
  Bce,  ///< binary cross-entropy, natural logarithm: Bernoulli; targets lie in [0, 1]
  Mse,  ///< squared error: Gaussian of variance ½
  Mae,  ///< absolute error: Laplace of scale 1
};
constexpr auto names_of(Loss) {
  return std::to_array<EnumName<Loss>>(
      {{Loss::Bce, "bce"}, {Loss::Mse, "mse"}, {Loss::Mae, "mae"}});
}

/// What stands at the end of every decoder, chosen once for all variants.
struct Likelihood {
  Loss loss = Loss::Bce;
  /// From the decoder's last linear outputs ("logits") to the reconstruction. Bce needs Sigmoid.
  Activation activation = Activation::Sigmoid;
  /// Share of a batch's items, in [0, 1), that the reconstruction loss leaves out: those of the
  /// greatest losses, so that few anomalies among the training items are not learned (least trimmed
  /// squares: Rousseeuw 1984).
  double trim = 0;

  void describe(FieldTable& table) {
    table.add("loss", loss, "reconstruction error: bce (values in [0, 1]), mse or mae");
    table.add("output_activation", activation,
              "of the reconstruction; bce needs sigmoid, linear suits data of any range");
    table
        .add("trim", trim,
             "share of each batch's items that the reconstruction loss leaves out, those of the "
             "greatest losses: for training data with anomalies among them")
        .at_least(0.0)
        .at_most(0.9);
  }
};

/// Throws `UsageError` for binary cross-entropy without a sigmoid.
void check(const Likelihood& likelihood);

/// For an objective that does not use `reconstruction_loss`: throws `UsageError` where items are to
/// be left out.
void refuse_trim(const Likelihood& likelihood, const char* objective);

/// The mean over the batch of one loss per item, which is the mean or the sum over the item's
/// values.
enum class Reduction { MeanOfValues, SumOfValues };

/// Scalar loss of `logits` [B, shape…] against `target` [B, shape…]. Cross-entropy is computed on
/// the logits, which is stable where a sigmoid would saturate. With `trim`, the mean over the
/// ⌈(1 − trim) · B⌉ items of the least loss. A target that is NaN is not known: its value counts as an
/// error of 0, so that each known one weighs the same in every batch.
at::Tensor reconstruction_loss(const Likelihood& likelihood, const at::Tensor& logits,
                               const at::Tensor& target,
                               Reduction reduction = Reduction::MeanOfValues);

/// The sum over the values of each item: [B].
at::Tensor row_losses(const Likelihood& likelihood, const at::Tensor& logits,
                      const at::Tensor& target);

}  // namespace hourglass::models
