#pragma once

#include "hourglass/models/autoencoder.h"

#include <vector>

namespace hourglass::models {

// Regularized autoencoder (RAE: Ghosh et al. 2020, "From Variational to Deterministic Autoencoders"):
// small codes and a smooth decoder take the place of a variational autoencoder's noise. It has no
// prior: which codes are usual is learned from those of the training items, afterwards.
//
//   loss = Σ over values of the reconstruction loss + β · ½‖z‖² + λ · R, the mean over the batch
//   RAE-L2: R = ‖θ‖², θ the decoder's weights (not its biases, nor what normalises)
//   RAE-GP: R = ‖∂x̂/∂z‖²_F, x̂ = decode(z)
//
// The paper writes ‖∇D(E(x))‖² for the latter, D a function of many values: the norm of its Jacobian J
// is taken, by ‖vᵀJ‖² for one random v ~ N(0, I) a row and step, which is right on average
// (Hutchinson 1990). The authors' program has ∇ Σ x̂² in its place, which is v = 2 x̂.

enum class DecoderRegularization { L2, GradientPenalty };
constexpr auto names_of(DecoderRegularization) {
  return std::to_array<EnumName<DecoderRegularization>>(
      {{DecoderRegularization::L2, "l2"},
       {DecoderRegularization::GradientPenalty, "gradient-penalty"}});
}

struct RegularizedOptions {
  double code_weight = 1e-2;
  DecoderRegularization decoder_regularization = DecoderRegularization::L2;
  double decoder_weight = 1e-4;

  void describe(FieldTable& table) {
    table.add("code_weight", code_weight, "weight of half the code's squared length").at_least(0);
    table.add("decoder_regularization", decoder_regularization,
              "what keeps the decoder smooth: l2, the squared norm of its weights, or "
              "gradient-penalty, that of its Jacobian");
    table.add("decoder_weight", decoder_weight, "weight of that norm").at_least(0);
  }
};

class Regularized : public Autoencoder {
 public:
  Regularized(RegularizedOptions options, const ModelSpec& spec)
      : Autoencoder(spec, {"code"}), options_(options) {}

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;

  /// Of RAE-L2 alone.
  std::optional<ObjectivePlan> objective_plan() const override;

 private:
  RegularizedOptions options_;

  /// θ; of a decoder with the encoder's weights, those.
  std::vector<at::Tensor> decoder_weights() const;
  /// An estimate of ‖∂x̂/∂z‖²_F of each row: [B]; `logits` follow from `z`.
  at::Tensor gradient_penalty(const at::Tensor& z, const at::Tensor& logits, const Batch& batch,
                              const StepContext& context) const;
};

}  // namespace hourglass::models
