#include "hourglass/evaluation/normal_prior.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {

bool has_normal_prior(const ExportedModel& model) {
  return has_standard_prior(model) || has_learned_prior(model);
}

NormalPrior::NormalPrior(const ExportedModel& model) {
  if (!has_learned_prior(model)) return;
  code_shape_ = model.code_shape().value();
  mean_ = {model.parameter("prior.mean.weight"), model.parameter("prior.mean.bias")};
  log_variance_ = {model.parameter("prior.log_variance.weight"),
                   model.parameter("prior.log_variance.bias")};
}

models::GaussianCode NormalPrior::of(const at::Tensor& conditions, int64_t samples) const {
  if (!mean_.weight.defined()) return {at::zeros({1, 1}), at::zeros({1, 1})};
  const auto run = [&](const Layer& layer) {
    const at::Tensor of_items = at::linear(conditions, layer.weight, layer.bias);
    return of_items.view(with_batch(-1, code_shape_)).repeat_interleave(samples, 0);
  };
  return {run(mean_), run(log_variance_)};
}

}  // namespace hourglass::evaluation
