#pragma once

#include "hourglass/models/dense.h"

#include <utility>

namespace hourglass::models {

// Sparse autoencoder: a dense one whose code is mostly silent.
//
//   L1 (Keras' activity regulariser):  loss = reconstruction + λ Σ over batch and units of |h|
//   KL (Ng, CS294A lecture notes 2011): loss = reconstruction + λ Σⱼ KL(ρ ‖ ρ̂ⱼ), ρ̂ⱼ the mean of
//   unit j over the batch,
//     KL(ρ ‖ ρ̂) = ρ log(ρ / ρ̂) + (1 − ρ) log((1 − ρ) / (1 − ρ̂))

enum class Sparsity { L1, Kl };

constexpr auto names_of(Sparsity) {
  return std::to_array<EnumName<Sparsity>>({{Sparsity::L1, "l1"}, {Sparsity::Kl, "kl"}});
}

struct SparseOptions {
  DenseOptions network = {.widths = {64}, .code_activation = Activation::Relu};
  Sparsity sparsity = Sparsity::L1;
  double sparsity_weight = 1e-5;    ///< λ
  double target_activation = 0.05;  ///< ρ of the KL penalty, in (0, 1)

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that cannot work whatever the data; the KL penalty needs sigmoid
/// units.
void check(const SparseOptions& options);

class SparseAutoencoder : public DenseAutoencoder {
 public:
  using Options = SparseOptions;

  /// Throws what `check` and `DenseAutoencoder` throw.
  SparseAutoencoder(Options options, ItemShapes shapes);

  /// Reconstruction and penalty, and the metric "mean_activation" of the code.
  Losses loss(const Batch& batch, StepContext& context) override;

 private:
  Options options_;
};

}  // namespace hourglass::models
