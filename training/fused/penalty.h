#pragma once

#include "hourglass/models/objective_plan.h"
#include "hourglass/training/fused/layer.h"

#include <memory>
#include <vector>

namespace hourglass::training::fused {

/// What an objective adds to the reconstruction loss, and its gradient.
class PenaltyTerm {
 public:
  virtual ~PenaltyTerm() = default;

  /// After the encoder's forward pass.
  virtual void add_forward(Program& program) = 0;

  /// Once the gradient of what the decoder reads is there: adds its own to it.
  virtual void add_backward_of_samples(Program& /*program*/) {}

  /// Once the code's gradient is there: adds its own, times the term's weight.
  virtual void add_backward(Program& program) = 0;

  /// Where `Layer::add_weight_gradients` writes, and by the same parts: between the decoder's and the
  /// encoder's.
  virtual void add_weight_gradients(Program& /*program*/) {}

  /// Of the last batch: the raw value of its term or terms, then their metrics.
  virtual std::vector<double> values() const = 0;
};

class SecondLayer;

/// What a penalty looks at.
struct PenaltyParts {
  Flow& code;                    ///< or the mean of its distribution
  Flow* log_variance = nullptr;  ///< where there is one
  Flow& decoder_input;           ///< samples of the code, where it is a distribution
  SecondLayer* prior = nullptr;  ///< of the samples, where it is not N(0, I)
  const Step& step;
  Parameters& parameters;
  const Flow& input;   ///< items, and behind each of them its condition
  int64_t inputs = 0;  ///< of the item, without the condition
  // Of the contraction: the layer that makes the code.
  size_t weight = 0;            ///< its number
  bool weight_is_tied = false;  ///< and has a gradient from the decoder already
  kernels::Activation activation = kernels::Activation::Linear;
  // Of a norm of weights: their numbers.
  std::vector<size_t> weights = {};
};

/// Null for `Penalty::None`.
std::unique_ptr<PenaltyTerm> make_penalty(const models::ObjectivePlan& plan,
                                          const PenaltyParts& parts);

}  // namespace hourglass::training::fused
