#pragma once

#include "hourglass/models/autoencoder.h"

#include <vector>

namespace hourglass::models {

// Sparse autoencoder: most of the code is silent for any one item. h is the code.
//
//   L1 (Keras' activity regulariser):   loss = reconstruction + λ Σ over batch and units of |h|
//   KL (Ng, CS294A lecture notes 2011): loss = reconstruction + λ Σⱼ KL(ρ ‖ ρ̂ⱼ), ρ̂ⱼ the mean of unit j over the batch
//   KL(ρ ‖ ρ̂) = ρ log(ρ / ρ̂) + (1 − ρ) log((1 − ρ) / (1 − ρ̂))

enum class Sparsity { L1, Kl };
constexpr auto names_of(Sparsity) {
  return std::to_array<EnumName<Sparsity>>({{Sparsity::L1, "l1"}, {Sparsity::Kl, "kl"}});
}

struct SparseOptions {
  Sparsity sparsity = Sparsity::L1;
  double sparsity_weight = 1e-5;
  double target_activation = 0.05;

  void describe(FieldTable& table) {
    table.add(
        "sparsity", sparsity,
        "penalty on the code: l1, on its absolute values, or kl, on the distance of its means "
        "from the target");
    table
        .add("sparsity_weight", sparsity_weight,
             "weight of the penalty, which l1 sums over units and batch, kl over units")
        .at_least(0);
    table.add("target_activation", target_activation, "mean activation that kl aims at")
        .above(0)
        .below(1);
  }
};

/// Throws `UsageError` for the KL penalty on a network whose code is not sigmoid.
void check(const SparseOptions& options, const NetworkOptions& network);

/// Reports the metric "mean_activation" of the code.
class Sparse : public Autoencoder {
 public:
  Sparse(SparseOptions options, const ModelSpec& spec);

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;

 private:
  SparseOptions options_;
};

}  // namespace hourglass::models
