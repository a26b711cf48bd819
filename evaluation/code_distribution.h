#pragma once

#include "hourglass/core/named_tensor.h"
#include "hourglass/evaluation/sampler.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

namespace hourglass::evaluation {

/// A distribution that was learned from codes of D values, to draw others from.
class CodeDistribution {
 public:
  virtual ~CodeDistribution() = default;

  /// [count, D] float32; the same seed gives the same codes.
  virtual at::Tensor sample(int64_t count, uint64_t seed) const = 0;

  /// All that it is, by name: `distribution_of` makes it again.
  virtual TensorMap tensors() const = 0;
};
using CodeDistributionPtr = std::shared_ptr<const CodeDistribution>;

/// What the sampler names (but for the prior and Vamp, see posterior_mixture.h), fitted on codes
/// [N, D]; `seed` decides where fitting starts. Of an autoregressive one they are of
/// 0 … `indices` − 1. Throws `Error` for too few codes, or some that are not finite.
CodeDistributionPtr fit_distribution(const Sampler& sampler, const at::Tensor& codes, uint64_t seed,
                                     int64_t indices = 0);

/// The one that the tensors of `file` are of. Throws `Error` for tensors that no such sampler has.
CodeDistributionPtr distribution_of(const Sampler& sampler, const TensorMap& tensors,
                                    const std::string& file);

}  // namespace hourglass::evaluation
