#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/core/shape.h"
#include "hourglass/models/activation.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace hourglass::models {

/// What a reconstruction is judged by: the negative logarithm of a likelihood in nats, of the first
/// three up to constants. Of an x that the decoder makes y₁, y₂, … of, with μ = f(y₁):
enum class Loss {
  Bce,  ///< binary cross-entropy: Bernoulli; targets lie in [0, 1]
  Mse,  ///< squared error: Gaussian of variance ½
  Mae,  ///< absolute error: Laplace of scale 1
  /// Gaussian of mean μ and a deviation of its own, see `gaussian_loss`.
  Gaussian,
  /// Logistic of mean μ and a scale of its own, of which a value, one of `levels` from 0 to 1, has
  /// the part that is nearest to it, see `logistic_loss`.
  Logistic,
  /// −Σ x log π over an item's values, π being the softmax of their y₁ (Liang, Krishnan, Hoffman &
  /// Jebara: "Variational autoencoders for collaborative filtering", 2018); without the coefficient
  /// log N! − Σ log x!, as there.
  Multinomial,
  /// Counts of mean μ and a dispersion of their own, see `negative_binomial_loss`.
  NegativeBinomial,
  /// The same, or 0 by another cause, see `zero_inflated_loss`.
  ZeroInflatedNegativeBinomial,
};
constexpr auto names_of(Loss) {
  return std::to_array<EnumName<Loss>>(
      {{Loss::Bce, "bce"},
       {Loss::Mse, "mse"},
       {Loss::Mae, "mae"},
       {Loss::Gaussian, "gaussian"},
       {Loss::Logistic, "logistic"},
       {Loss::Multinomial, "multinomial"},
       {Loss::NegativeBinomial, "negative-binomial"},
       {Loss::ZeroInflatedNegativeBinomial, "zero-inflated-negative-binomial"}});
}

/// Whether the loss of a value follows from its reconstruction alone: of bce, mse and mae. Who has
/// but a model's `decode` can compute no other.
constexpr bool follows_from_mean(Loss loss) {
  return loss == Loss::Bce || loss == Loss::Mse || loss == Loss::Mae;
}

/// What stands at the end of every decoder, chosen once for all variants.
struct Likelihood {
  Loss loss = Loss::Bce;
  /// From the decoder's last linear outputs ("logits") to the reconstruction. Some losses need a
  /// certain one, see `check`.
  Activation activation = Activation::Sigmoid;
  /// Share of a batch's items, in [0, 1), that the reconstruction loss leaves out: those of the
  /// greatest losses, so that few anomalies among the training items are not learned (least trimmed
  /// squares: Rousseeuw 1984).
  double trim = 0;
  /// Of Logistic: a value is k / (levels − 1), k in 0 … levels − 1.
  int64_t levels = 256;

  void describe(FieldTable& table) {
    table.add(
        "loss", loss,
        "what a reconstruction is judged by: bce (values in [0, 1]), mse, mae; gaussian, with "
        "a deviation of each value; logistic, of values on levels; of counts multinomial, "
        "negative-binomial or zero-inflated-negative-binomial");
    table.add("output_activation", activation,
              "of the reconstruction; linear suits data of any range; bce needs sigmoid, "
              "multinomial linear, the negative binomials softplus");
    table
        .add("trim", trim,
             "share of each batch's items that the reconstruction loss leaves out, those of the "
             "greatest losses: for training data with anomalies among them")
        .at_least(0.0)
        .at_most(0.9);
    table
        .add("levels", levels,
             "of loss logistic: how many values there are from 0 to 1, evenly spaced; 256 of bytes")
        .at_least(2);
  }
};

/// Throws `UsageError` for a loss without the output activation that it needs.
void check(const Likelihood& likelihood);

/// What the decoder has to give for targets of this shape: where a value needs several numbers, that
/// many times the channels of a map [C, H, W], or the last dimension of other items. The first
/// numbers of all values stand before the second ones.
Shape parameter_shape(Loss loss, Shape target);

/// The likelihood's mean: [B, parameter shape…] -> [B, target shape…]. Of Multinomial, which does not
/// know an item's total, the shares π; of ZeroInflatedNegativeBinomial, (1 − p) μ.
at::Tensor mean_of(const Likelihood& likelihood, const at::Tensor& logits);

/// The inverse for one item, [target shape…] -> [parameter shape…]: logits whose μ = f(y₁) is `mean`,
/// and of Multinomial π its share of the sum; all further numbers are 0. Means at the ends of what f
/// reaches are moved off them by 0.001, where f⁻¹ ends. Throws `UsageError` for an activation that
/// has no inverse.
at::Tensor logits_of(const Likelihood& likelihood, const at::Tensor& mean);

/// What that mean says of an item x [B, shape…]: Multinomial's shares times the total of x, else the
/// mean as it is.
at::Tensor reconstruction_of(const Likelihood& likelihood, const at::Tensor& mean,
                             const at::Tensor& x);

/// Where targets are not what the likelihood is of: a bool each. NaN is not known, and fits.
at::Tensor misfits(const Likelihood& likelihood, const at::Tensor& target);

/// What the likelihood is of, in words: "whole numbers of at least 0"; empty: any number.
std::string expected_values(const Likelihood& likelihood);

/// For an objective that does not use `reconstruction_loss`: throws `UsageError` where items are to
/// be left out.
void refuse_trim(const Likelihood& likelihood, const char* objective);

/// The mean over the batch of one loss per item, which is the mean or the sum over the item's
/// values.
enum class Reduction { MeanOfValues, SumOfValues };

/// Scalar loss of `logits` [B, parameter shape…] against `target` [B, shape…]. Cross-entropy is
/// computed on the logits, which is stable where a sigmoid would saturate. With `trim`, the mean
/// over the ⌈(1 − trim) · B⌉ items of the least loss. A target that is NaN is not known: its value
/// counts as an error of 0, so that each known one weighs the same in every batch.
at::Tensor reconstruction_loss(const Likelihood& likelihood, const at::Tensor& logits,
                               const at::Tensor& target,
                               Reduction reduction = Reduction::MeanOfValues);

/// The sum over the values of each item: [B].
at::Tensor row_losses(const Likelihood& likelihood, const at::Tensor& logits,
                      const at::Tensor& target);

}  // namespace hourglass::models
