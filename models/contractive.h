#pragma once

#include "hourglass/models/autoencoder.h"

#include <vector>

namespace hourglass::models {

// Contractive autoencoder (Rifai et al. 2011): the code h changes little when the input does.
//
//   loss = reconstruction + λ · mean over the batch of ‖∂h/∂x‖²_F
//
// Of a single dense layer h = f(a) the norm has a closed form, Σⱼ f'(aⱼ)² Σᵢ Wⱼᵢ².

/// How the squared Frobenius norm of the encoder's Jacobian is computed.
enum class JacobianNorm {
  Exact,  ///< by the closed form, else row by row with automatic differentiation
  Estimate,  ///< ‖vᵀJ‖² for one random v ~ N(0, I) a row and step, right on average (Hutchinson 1990)
};
constexpr auto names_of(JacobianNorm) {
  return std::to_array<EnumName<JacobianNorm>>(
      {{JacobianNorm::Exact, "exact"}, {JacobianNorm::Estimate, "estimate"}});
}

struct ContractiveOptions {
  double contraction = 1e-3;
  JacobianNorm jacobian = JacobianNorm::Exact;

  void describe(FieldTable& table) {
    table.add("contraction", contraction, "weight of the squared norm of the encoder's Jacobian")
        .at_least(0);
    table.add("jacobian", jacobian,
              "how the norm is computed: exact, or estimate with one random direction a step");
  }
};

/// Reports the metric "jacobian_norm", the mean of ‖∂h/∂x‖_F.
class Contractive : public Autoencoder {
 public:
  Contractive(ContractiveOptions options, const ModelSpec& spec)
      : Autoencoder(spec), options_(options) {}

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;

  /// Of the closed form alone.
  std::optional<ObjectivePlan> objective_plan() const override;

  /// ‖∂h/∂x‖²_F of each row of the input: [B], of the encoder as it infers: batch norms by their
  /// running moments, nothing dropped. Works under no-grad too, but not in inference mode.
  at::Tensor squared_jacobian_norm(const Batch& batch, const StepContext& context);

 private:
  ContractiveOptions options_;

  at::Tensor by_differentiation(const Batch& batch, const StepContext& context);
};

}  // namespace hourglass::models
