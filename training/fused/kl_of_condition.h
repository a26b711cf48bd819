#pragma once

#include "hourglass/training/fused/dense_layer.h"
#include "hourglass/training/fused/penalty_on_code.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// KL(N(μ, σ²) ‖ N(μₚ, σₚ²)) = ½ Σ (log σₚ² − log σ² + (σ² + (μ − μₚ)²) / σₚ² − 1), the mean over the
/// batch, where a layer each gives μₚ and log σₚ² of the item's condition. Means and variances
/// learn, and so do these layers.
class KlOfCondition : public PenaltyOnCode {
 public:
  /// `prior`: the layers' plans.
  KlOfCondition(const PenaltyParts& parts, const std::vector<models::NamedLayerPlan>& prior);

  void add_forward(Program& program) override;
  void add_backward(Program& program) override;
  void add_weight_gradients(Program& program) override;
  std::vector<double> values() const override { return {sum() / items()}; }

 private:
  Flow& log_variance_;
  const Flow& input_;
  int64_t inputs_;
  Flow condition_;
  DenseLayer prior_mean_, prior_log_variance_;

  void read_conditions(const Shard& shard);
  void forward(const Shard& shard) override;
  void backward(const Shard& shard) override;
};

}  // namespace hourglass::training::fused
