#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/models/likelihood.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::models {

// A prior of codes that is the mixture of what the encoder says of K pseudo-inputs u, which are
// learned (VampPrior: Tomczak & Welling 2018, "VAE with a VampPrior"):
//
//   p(z) = 1/K Σₖ q(z|uₖ)
//   KL(q(z|x) ‖ p) ≈ log q(z|x) − log p(z) of the sampled z
//
// Pseudo-inputs start as noise and stay in the range of what a decoder gives: after each step they are
// put back at its bounds, where the paper has a unit with bounds before them, whose gradient ends there.

class PseudoInputs : public torch::nn::Module {
 public:
  PseudoInputs(int64_t count, const Shape& item_shape, Activation output);

  const at::Tensor& values() const { return values_; }  ///< [K, input shape…]

  /// After a step, without gradients.
  void put_back_in_range();

 private:
  struct Range {
    double low, high;
  };

  std::optional<Range> range_;  // none: any number
  at::Tensor values_;
};

/// The source of the methods `prior_components()`, mean [K, code shape…] and log variance of the
/// mixture, and `sample(n)`, of a model that has `PseudoInputs` as its child "prior".
std::string mixture_sampler();

}  // namespace hourglass::models
