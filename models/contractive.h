#pragma once

#include "hourglass/models/dense.h"

#include <utility>

namespace hourglass::models {

// Contractive autoencoder (Rifai et al. 2011): a dense one whose code changes little when the input
// does.
//
//   loss = reconstruction + λ · mean over the batch of ‖∂h/∂x‖²_F

/// How the squared Frobenius norm of the encoder's Jacobian is computed.
enum class JacobianNorm {
  Exact,     ///< one layer: Σⱼ (f'ⱼ)² Σᵢ Wⱼᵢ²; deeper: row by row with automatic differentiation
  Estimate,  ///< ‖vᵀJ‖² for one random v ~ N(0, I) a step, which is right on average (Hutchinson
             ///< 1990)
};

constexpr auto names_of(JacobianNorm) {
  return std::to_array<EnumName<JacobianNorm>>(
      {{JacobianNorm::Exact, "exact"}, {JacobianNorm::Estimate, "estimate"}});
}

struct ContractiveOptions {
  DenseOptions network = {.widths = {64}, .code_activation = Activation::Sigmoid};
  double contraction = 1e-3;  ///< λ
  JacobianNorm jacobian = JacobianNorm::Exact;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that cannot work whatever the data.
void check(const ContractiveOptions& options);

class ContractiveAutoencoder : public DenseAutoencoder {
 public:
  using Options = ContractiveOptions;

  /// Throws what `DenseAutoencoder` throws.
  ContractiveAutoencoder(Options options, ItemShapes shapes);

  /// Reconstruction and contraction, and the metric "jacobian_norm", the mean of ‖∂h/∂x‖_F.
  Losses loss(const Batch& batch, StepContext& context) override;

  /// ‖∂h/∂x‖²_F of each row: [B, shape…] -> [B]. Works under no-grad too, but not in inference
  /// mode.
  at::Tensor squared_jacobian_norm(const at::Tensor& x, StepContext& context);

 private:
  Options options_;

  at::Tensor closed_form(const at::Tensor& x);
  at::Tensor by_differentiation(const at::Tensor& x, StepContext& context);
};

}  // namespace hourglass::models
