#pragma once

#include "hourglass/evaluation/code_distribution.h"
#include "hourglass/evaluation/standardisation.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace hourglass::evaluation {

// Masked autoregressive flow (Papamakarios, Pavlakou & Murray 2017). A block makes of a code x the
// code u of the same size, one value by all before it:
//
//   uᵢ = (xᵢ − μᵢ) exp(−αᵢ), μᵢ and αᵢ functions of x₁ … xᵢ₋₁
//   log p(x) = log N(u; 0, I) − Σ αᵢ
//
// μ and α are those of a network with masked weights (models/autoregressive.h), of one hidden layer
// of tanh units. Five blocks, each of which takes the values in the opposite order of the one before.
// α is kept within ±4 by 4 tanh(α / 4): far from all codes, where nothing was learned, what is drawn
// stays near them.

class MaskedFlow final : public CodeDistribution {
 public:
  /// Fitted on codes [N, D], see `fit_distribution`.
  static CodeDistributionPtr fit(const at::Tensor& codes, uint64_t seed);

  /// The one that has these tensors.
  explicit MaskedFlow(const TensorMap& tensors);

  /// Codes [N, D] -> [N] float32, in nats.
  at::Tensor log_density(const at::Tensor& codes) const;

  at::Tensor sample(int64_t count, uint64_t seed) const override;
  TensorMap tensors() const override;

 private:
  struct Block {
    at::Tensor hidden_weight, hidden_bias;  ///< [H, D], [H]
    at::Tensor weight, bias;                ///< [2 D, H], [2 D]: μ, then α
  };
  struct Shift {
    at::Tensor mean, log_scale;  ///< μ and α, [N, D]
  };

  Standardisation standard_;
  std::vector<Block> blocks_;
  at::Tensor hidden_mask_, mask_;  // 1 where a weight is

  MaskedFlow(const at::Tensor& codes, uint64_t seed);
  void make_masks();
  Shift shift(const Block& block, const at::Tensor& x) const;
  at::Tensor density_of_standard(const at::Tensor& x) const;
};

}  // namespace hourglass::evaluation
