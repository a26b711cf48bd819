#include "hourglass/models/importance_weighted.h"

#include <ATen/ATen.h>

#include <cmath>
#include <typeinfo>

namespace hourglass::models {
namespace {

/// Every row k times, one after the other: [B, …] -> [B · k, …].
at::Tensor repeated(const at::Tensor& rows, int64_t k) {
  return rows.defined() ? rows.repeat_interleave(k, 0) : rows;
}

}  // namespace

std::vector<Phase> ImportanceWeighted::phases() const {
  return {{.terms = {{"bound"}}, .metrics = {"reconstruction", "kl"}}};
}

StepValues ImportanceWeighted::losses(const Batch& batch, const StepContext& context) {
  const int64_t k = options_.importance_samples;
  const GaussianCode code = distribution(batch.input, batch.condition);
  const GaussianCode each = {repeated(code.mean, k), repeated(code.log_variance, k)};
  Shape noise_shape = code.mean.sizes().slice(1).vec();
  noise_shape.insert(noise_shape.begin(), k);
  const at::Tensor noise = context.random
                               .normal("sampling", batch.rows, noise_shape)  // [B, k, …]
                               .flatten(0, 1)
                               .to(code.mean.options().requires_grad(false));
  const at::Tensor z = sample(each, noise);  // [B · k, …]
  const GaussianCode prior = {at::zeros_like(z), at::zeros_like(z)};

  const at::Tensor error = row_losses(likelihood(), decode_logits(z, repeated(batch.condition, k)),
                                      repeated(batch.target, k));  // −log p(x|z), [B · k]
  const at::Tensor log_weights = -error + log_density(prior, z) - log_density(each, z);
  const at::Tensor bound =
      log_weights.view({-1, k}).logsumexp(1) - std::log(static_cast<double>(k));  // [B]
  return {.terms = {-bound.mean()},
          .metrics = {error.mean(), kl_from_standard_normal(code).mean()}};
}

std::optional<ObjectivePlan> ImportanceWeighted::objective_plan() const {
  if (typeid(*this) != typeid(ImportanceWeighted)) return {};
  return ObjectivePlan{.reduction = Reduction::SumOfValues,
                       .penalty = Penalty::Kl,
                       .samples_code = true,
                       .bound_samples = options_.importance_samples};
}

}  // namespace hourglass::models
