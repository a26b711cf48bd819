#pragma once

#include "hourglass/training/fused/penalty_on_code.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// ½‖z‖², the mean over the batch, and ‖θ‖² of some weights: two terms. Of the weights each shard has
/// a part, as far as the batch is of this process.
class CodeAndWeights : public PenaltyOnCode {
 public:
  explicit CodeAndWeights(const PenaltyParts& parts)
      : PenaltyOnCode(parts), parameters_(parts.parameters), weights_(parts.weights) {}

  void add_weight_gradients(Program& program) override {
    program.each([this](const Shard& shard) { add_to_weights(shard); });
  }

  std::vector<double> values() const override {
    return {sum() / items(), metric_sum() * share_of_batch()};
  }

 private:
  Parameters& parameters_;
  std::vector<size_t> weights_;  // numbers of parameters

  double share_of_batch() const { return static_cast<double>(step_.items) / items(); }

  void forward(const Shard& shard) override;
  void backward(const Shard& shard) override;
  void add_to_weights(const Shard& shard);
};

}  // namespace hourglass::training::fused
