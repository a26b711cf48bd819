#pragma once

#include "hourglass/kernels/dense_passes.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/training/fused/layer.h"

#include <string>

namespace hourglass::training::fused {

/// y = f(x Wᵀ + b) of models::DenseLayer, or f(x W + b) of the tied one, on every row of its input.
/// W lies transposed, [I, O], as the forward product wants it; what the backward product wants is
/// made anew after each change.
class DenseLayer : public Layer {
 public:
  DenseLayer(const models::NamedLayerPlan& entry, Flow& input, const Step& step,
             Parameters& parameters, Adds adds = {});

  Flow& output() override { return output_; }
  void add_forward(Program& program) override;
  void add_backward(Program& program) override;
  void add_weight_gradients(Program& program) override;
  bool has_one_gradient() const override { return true; }
  void add_refresh(Program& program) override;
  std::optional<size_t> leave_bias_to_loss() override;

 private:
  Flow& input_;
  const Step& step_;
  Parameters& parameters_;
  Adds adds_;
  int64_t inputs_, outputs_;
  kernels::Activation activation_;
  bool tied_;              // the weight lies [O, I], as the other layer has it
  bool with_bias_ = true;  // added here, not by the loss
  size_t weight_, bias_;   // numbers of parameters
  Flow output_;
  Floats slopes_;        // of activations whose value does not tell them
  Floats other_weight_;  // the weight transposed once more, where it is needed

  void forward(const Shard& shard);
  void backward(const Shard& shard);
  void weight_gradient(int part, int parts);
  void bias_gradient(int part, int parts);
  void refresh(int part, int parts);

  kernels::RowsOf forward_weight() const;   // [I, O]
  kernels::RowsOf backward_weight() const;  // [O, I]
  kernels::Area area(const Shard& shard) const;
  int64_t all_rows() const;  // of the whole batch
  float* slopes(const Shard& shard) const;
};

}  // namespace hourglass::training::fused
