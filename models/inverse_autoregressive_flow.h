#pragma once

#include "hourglass/models/autoencoder.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::models {

// Inverse autoregressive flow (Kingma et al. 2016, "Improving variational inference with inverse
// autoregressive flow"): what makes of a sample of a normal distribution one of a distribution that
// is nearer to the posterior, and whose density at the sample is known:
//
//   z₀ = μ + σ ε
//   z ← g z + (1 − g) m, g = sigmoid(s), m and s of a value functions of those before it and of h
//   log q(z|x) = log N(z₀; μ, σ²) − Σ log g over steps and values
//
// μ, σ and h are what an encoder says of x. m and s are those of a network with masked weights
// (autoregressive.h), one hidden layer of tanh units; h goes to both layers unmasked.
// Each step takes the values in the opposite order of the one before. s begins near 2, so that the
// flow begins as nearly none.

/// B samples.
struct FlowedCode {
  at::Tensor z;                ///< [B, code shape…]
  at::Tensor log_determinant;  ///< [B], of ∂z/∂z₀: log q(z₀) − log q(z)
};

/// One line of the above, on values [B, D].
class AutoregressiveStep : public torch::nn::Module {
 public:
  AutoregressiveStep(int64_t values, bool backwards);

  FlowedCode forward(const at::Tensor& z, const at::Tensor& context);

 private:
  at::Tensor hidden_mask_, hidden_weight_, hidden_context_, hidden_bias_;  // [H, D], …, [H]
  at::Tensor mask_, weight_, context_, bias_;  // [2 D, H], …, [2 D, D], [2 D]: m, then s
};

class InverseAutoregressiveFlow : public torch::nn::Module {
 public:
  InverseAutoregressiveFlow(int64_t values, int64_t steps);

  /// z₀ and h [B, code shape…].
  FlowedCode forward(const at::Tensor& z0, const at::Tensor& context);

 private:
  std::vector<std::shared_ptr<AutoregressiveStep>> steps_;
};

/// What exported models that have one are asked, `flow(z0, context)`: z and the logarithm of the
/// determinant.
TensorMethod method_of(const std::shared_ptr<InverseAutoregressiveFlow>& flow, const Shape& code);

}  // namespace hourglass::models
