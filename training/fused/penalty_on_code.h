#pragma once

#include "hourglass/training/fused/penalty.h"

#include <cstdint>
#include <numeric>
#include <vector>

namespace hourglass::training::fused {

inline double sum_of(const std::vector<double>& values, int count) {
  return std::accumulate(values.begin(), values.begin() + count, 0.0);
}

/// Work on each item of a shard.
template <class Work>
void for_items(const Shard& shard, Work work) {
  for (int64_t i = shard.first; i < shard.first + shard.count; ++i) work(i);
}

/// What all penalties have: the code, the step, and sums that each shard keeps for itself.
class PenaltyOnCode : public PenaltyTerm {
 public:
  explicit PenaltyOnCode(const PenaltyParts& parts)
      : code_(parts.code),
        step_(parts.step),
        sums_(static_cast<size_t>(step_.most_shards)),
        metric_sums_(sums_.size()) {}

  void add_forward(Program& program) override {
    program.each([this](const Shard& shard) { forward(shard); });
  }
  void add_backward(Program& program) override {
    program.each([this](const Shard& shard) { backward(shard); });
  }

 protected:
  Flow& code_;
  const Step& step_;
  std::vector<double> sums_, metric_sums_;

  virtual void forward(const Shard& shard) = 0;
  virtual void backward(const Shard& shard) = 0;

  /// λ
  float weight() const { return static_cast<float>(step_.term_weights[1]); }
  auto items() const { return static_cast<double>(step_.batch_items); }
  double sum() const { return sum_of(sums_, step_.shards); }
  double metric_sum() const { return sum_of(metric_sums_, step_.shards); }
  double& sum(const Shard& shard) { return sums_[static_cast<size_t>(shard.index)]; }
  double& metric_sum(const Shard& shard) { return metric_sums_[static_cast<size_t>(shard.index)]; }
};

}  // namespace hourglass::training::fused
