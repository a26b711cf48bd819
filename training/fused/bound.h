#pragma once

#include "hourglass/training/fused/penalty.h"
#include "hourglass/training/fused/reconstruction.h"

#include <vector>

namespace hourglass::training::fused {

/// The importance-weighted bound in place of reconstruction loss and KL, see importance_weighted.h:
/// −log (1/k Σᵢ wᵢ) with log wᵢ = −errorᵢ + log p(zᵢ) − log q(zᵢ|x).
class Bound : public PenaltyTerm {
 public:
  /// `samples` is what the decoder reads; `logits` what it gives.
  Bound(const PenaltyParts& parts, Flow& samples, Flow& logits, const Reconstruction& errors);

  /// After the reconstruction's loss: weighs the rows of its gradient by wᵢ / Σ w.
  void add_forward(Program& program) override;
  void add_backward_of_samples(Program& program) override;
  void add_backward(Program& program) override;

  /// The bound; then the metrics, the mean error and the KL divergence.
  std::vector<double> values() const override;

 private:
  Flow &mean_, &log_variance_, &samples_, &logits_;
  const Step& step_;
  const Reconstruction& errors_;
  Floats weights_;                   // wᵢ / Σ w, then divided by the batch: [items, samples]
  std::vector<double> bounds_, kl_;  // a shard each

  void weigh(const Shard& shard);
  double weigh_item(int64_t item);
};

}  // namespace hourglass::training::fused
