#pragma once

#include "hourglass/training/fused/penalty.h"
#include "hourglass/training/fused/reconstruction.h"

#include <vector>

namespace hourglass::training::fused {

/// The importance-weighted bound in place of reconstruction loss and KL, see importance_weighted.h and
/// estimator.h, with log w = −error + log p(z) − log q(z|x) of each sample.
class Bound : public PenaltyTerm {
 public:
  /// `logits` is what the decoder gives.
  Bound(const models::BoundPlan& plan, const PenaltyParts& parts, Flow& logits,
        const Reconstruction& errors);

  /// After the reconstruction's loss: weighs the rows of its gradient.
  void add_forward(Program& program) override;
  void add_backward_of_samples(Program& program) override;
  void add_backward(Program& program) override;

  /// The bound; then the metrics, the mean error and the KL divergence.
  std::vector<double> values() const override;

 private:
  models::BoundPlan plan_;
  Flow &mean_, &log_variance_, &samples_, &logits_;
  SecondLayer* prior_;  // null for N(0, I)
  const Step& step_;
  const Reconstruction& errors_;
  Floats weights_;  // ∂ bound / ∂ log w, divided by the batch: [items, samples]
  Floats factors_;  // of the encoder's gradient, as they are: none where all are 1
  std::vector<double> bounds_, kl_;  // a shard each

  bool is_doubly_reparameterized() const {
    return plan_.estimator.kind == models::Estimator::Kind::Dreg;
  }
  void weigh(const Shard& shard);
  float* log_weights_of(int64_t item);
  double kl_of(int64_t item, const float* log_weights) const;
  double weigh_item(float* weights, float* factors) const;
  void differentiate_sample(int64_t item, int64_t sample);
};

}  // namespace hourglass::training::fused
