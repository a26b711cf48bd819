#pragma once

#include "hourglass/evaluation/exported_model.h"
#include "hourglass/models/gaussian.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

/// Whether codes have a normal distribution before an item is seen: N(0, I), or one that the model
/// has learned for each condition. Of other priors see model_prior.h.
bool has_normal_prior(const ExportedModel& model);

/// That distribution.
class NormalPrior {
 public:
  /// For a model that has one, of which it keeps copies of the parameters.
  explicit NormalPrior(const ExportedModel& model);

  /// Of items under these conditions [B, K]: mean and log variance of `samples` codes of each, one item
  /// after the other, [B · samples, code shape…]. N(0, I) has one for all: [1, 1].
  models::GaussianCode of(const at::Tensor& conditions, int64_t samples = 1) const;

 private:
  /// Of models/conditional.h; undefined for N(0, I).
  struct Layer {
    at::Tensor weight, bias;  // [D, K], [D]
  };
  Layer mean_, log_variance_;
  Shape code_shape_;
};

}  // namespace hourglass::evaluation
