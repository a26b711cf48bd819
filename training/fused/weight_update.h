#pragma once

#include "hourglass/kernels/optimizer_passes.h"
#include "hourglass/training/fused/layer.h"
#include "hourglass/training/optimizer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// The optimizers of training/optimizer.h on the engine's own vector: the shards' gradients are
/// summed, clipped and followed in one pass.
class WeightUpdate {
 public:
  WeightUpdate(const OptimizerOptions& options, std::optional<double> clip_norm,
               Parameters& parameters, const Step& step);

  /// Changes the parameters, once all gradients are there.
  void add_to(Program& program);

  double learning_rate = 0;  ///< of the next step
  int64_t steps = 0;         ///< taken so far

  struct Slot {
    std::string name;  ///< "mean", as the optimizer calls it
    Floats values;
  };
  const std::vector<Slot>& slots() const { return slots_; }

 private:
  OptimizerOptions options_;
  std::optional<double> clip_norm_;
  Parameters& parameters_;
  const Step& step_;
  std::vector<Slot> slots_;
  std::vector<double> squared_norms_;  // a shard each
  float factor_ = 1;                   // of the gradient

  LineRange range(const Shard& shard) const;
  kernels::GradientSum gradient_sum(const LineRange& range, float factor) const;

  int shards() const;
  void begin();
  void add_up(const Shard& shard);
  void share();
  void measure(const Shard& shard);
  void clip();
  void apply(const Shard& shard);
};

}  // namespace hourglass::training::fused
