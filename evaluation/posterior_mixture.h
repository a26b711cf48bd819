#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/code_distribution.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/models/gaussian.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace hourglass::evaluation {

/// What a variational model says of each item of a batch: what `encode_distribution` gives.
models::GaussianCode posteriors(ExportedModel& model, const Batch& batch);

/// What an encoder says of K items, as one distribution of codes: 1/K Σₖ q(z|xₖ). Of pseudo-inputs it
/// is the prior that some models learn (models/vamp_prior.h), of training items it comes near to what
/// all of them are on average (the aggregated posterior: Makhzani et al. 2016; Tomczak & Welling 2018).
class PosteriorMixture final : public CodeDistribution {
 public:
  explicit PosteriorMixture(const models::GaussianCode& components);  ///< [K, code shape…]

  /// The one that has these tensors.
  explicit PosteriorMixture(const TensorMap& tensors);

  /// Codes [N, code shape…] -> [N] float64, in nats; in bounded memory.
  at::Tensor log_density(const at::Tensor& codes) const;

  at::Tensor mean() const { return components_.mean.mean(0, /*keepdim=*/true); }  ///< [1, D]

  at::Tensor sample(int64_t count, uint64_t seed) const override;
  TensorMap tensors() const override;

 private:
  models::GaussianCode components_;  // [K, D] float32
};
using PosteriorMixturePtr = std::shared_ptr<const PosteriorMixture>;

/// The prior that the model learned, where it is such a mixture; else null. For any that it learned
/// see model_prior.h.
PosteriorMixturePtr mixture_prior(ExportedModel& model);

/// Of as many training rows as `sampler` has components, which `seed` chooses, under their own
/// conditions. Throws `Error` where there are fewer rows.
PosteriorMixturePtr posteriors_of(const Sampler& sampler, ExportedModel& model,
                                  const datasets::Dataset& training, uint64_t seed);

}  // namespace hourglass::evaluation
