#pragma once

#include "hourglass/kernels/losses.h"
#include "hourglass/models/likelihood.h"
#include "hourglass/models/objective_plan.h"
#include "hourglass/training/fused/layer.h"

#include <optional>
#include <vector>

namespace hourglass::training::fused {

/// The end of the decoder: the output's activation, the loss and its gradient.
class Reconstruction {
 public:
  /// `last` is the decoder's last layer; `target` holds what its output is to become.
  Reconstruction(Layer& last, const Flow& target, const models::Likelihood& likelihood,
                 const models::ObjectivePlan& plan, const Step& step, const Parameters& parameters);

  /// The loss; while training also its gradient, in place of the last layer's output.
  void add_loss(Program& program);

  /// The last layer's output becomes the reconstruction.
  void add_result(Program& program);

  /// The loss of the last batch.
  double value() const;

  /// Of every row of the last layer's output, where the plan has a bound.
  const float* row_losses() const { return row_losses_.data(); }

 private:
  Flow& logits_;
  const Flow& target_;
  models::Likelihood likelihood_;
  models::ObjectivePlan plan_;
  const Step& step_;
  const Parameters& parameters_;
  std::optional<size_t> bias_;  // the number of the last layer's, where it is added here
  Floats no_bias_;
  std::vector<double> sums_;  // a shard each
  Floats row_losses_;

  void compute(const Shard& shard);
  const float* bias() const;
  double terms_a_value() const;
};

}  // namespace hourglass::training::fused
