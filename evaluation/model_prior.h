#pragma once

#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace hourglass::evaluation {

/// The prior of codes that a model has learned, the same one for all items: a mixture
/// (models/vamp_prior.h) or a second layer (models/second_layer.h).
class ModelPrior {
 public:
  virtual ~ModelPrior() = default;

  /// Standard normal numbers that `log_density` takes for each code.
  virtual int64_t noise_width() const { return 0; }

  /// Of codes [N, code shape…] and noise [N, noise_width]: log p(z), or where there is noise the
  /// logarithm of an estimate that is p(z) on average; [N] float64, in nats.
  virtual at::Tensor log_density(const at::Tensor& codes, const at::Tensor& noise) const = 0;

  /// [1, D], D values in a code; of a second layer estimated from samples.
  virtual at::Tensor mean() const = 0;

  /// [count, D] float32; the same seed gives the same codes.
  virtual at::Tensor sample(int64_t count, uint64_t seed) const = 0;
};
using ModelPriorPtr = std::shared_ptr<const ModelPrior>;

/// Values in the code of a model's second layer; 0 where it has none.
int64_t second_layer_width(const ExportedModel& model);

/// Null for one that is a normal distribution (normal_prior.h). It computes with `model`, which has to
/// outlive it.
ModelPriorPtr learned_prior(ExportedModel& model);

}  // namespace hourglass::evaluation
