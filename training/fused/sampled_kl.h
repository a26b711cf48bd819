#pragma once

#include "hourglass/training/fused/penalty_on_code.h"

#include <vector>

namespace hourglass::training::fused {

/// log q(z|x) − log p(z) of one sample z of each item, the mean over the batch, where a second layer is
/// the prior p.
class SampledKl : public PenaltyOnCode {
 public:
  explicit SampledKl(const PenaltyParts& parts);

  void add_backward_of_samples(Program& program) override;
  std::vector<double> values() const override { return {sum() / items()}; }

 private:
  Flow& log_variance_;
  const Flow& samples_;
  SecondLayer& prior_;
  Floats weights_;  // of each item, all the same: what the prior's gradient is asked for

  float weight_of_item() const { return weight() / static_cast<float>(items()); }
  void forward(const Shard& shard) override;
  void backward(const Shard& shard) override;
};

}  // namespace hourglass::training::fused
