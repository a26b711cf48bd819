#pragma once

#include "hourglass/evaluation/code_distribution.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

namespace hourglass::evaluation {

// An autoregressive prior over codes that are indices (van den Oord, Vinyals & Kavukcuoglu 2017 have a
// PixelCNN in its place): the indices of an item, row by row of its map, one after the other,
//
//   p(k₁ … k_S) = Π p(kₛ | k₁ … kₛ₋₁),
//
// by an LSTM of 256 units, which is told the index before and the place, and a linear layer to the K
// logits. Fitted by cross-entropy.

class IndexPrior final : public CodeDistribution {
 public:
  /// Fitted on codes [N, S] of whole numbers of 0 … indices − 1, see `fit_distribution`.
  static CodeDistributionPtr fit(const at::Tensor& codes, int64_t indices, uint64_t seed);

  /// The one that has these tensors.
  explicit IndexPrior(const TensorMap& tensors);

  /// Codes [N, S] -> [N] float32, in nats.
  at::Tensor log_probability(const at::Tensor& codes) const;

  at::Tensor sample(int64_t count, uint64_t seed) const override;
  TensorMap tensors() const override;

 private:
  class Network;
  std::shared_ptr<Network> network_;

  explicit IndexPrior(std::shared_ptr<Network> network);
};

}  // namespace hourglass::evaluation
