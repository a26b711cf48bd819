#include "hourglass/models/importance_weighted.h"

#include "hourglass/core/error.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>

#include <typeinfo>
#include <utility>

namespace hourglass::models {
namespace {

/// Every row k times, one after the other: [B, …] -> [B · k, …].
at::Tensor repeated(const at::Tensor& rows, int64_t k) {
  return rows.defined() ? rows.repeat_interleave(k, 0) : rows;
}

/// Multiplies what flows back through samples [B · samples, …] by a factor for each.
void scale_gradient(const at::Tensor& of, const at::Tensor& factor) {
  if (!factor.defined() || !of.requires_grad()) return;
  of.register_hook(
      [own = per_row(factor, of.dim())](const at::Tensor& gradient) { return gradient * own; });
}

}  // namespace

ImportanceWeighted::ImportanceWeighted(ImportanceWeightedOptions options, const ModelSpec& spec)
    : Variational({.prior = options.prior, .posterior = options.posterior}, spec),
      options_(std::move(options)) {
  refuse_trim(likelihood(), "the importance-weighted bound");
  if (options_.estimator.kind != Estimator::Kind::Dreg || options_.posterior.is_gaussian()) return;
  throw UsageError(
      "`estimator` dreg: expected `posterior` gaussian, whose density is known at any code, found "
      "{}",
      options_.posterior.text());
}

std::vector<Phase> ImportanceWeighted::phases() const {
  return {{.terms = {{"bound"}}, .metrics = {"reconstruction", "kl"}}};
}

StepValues ImportanceWeighted::losses(const Batch& batch, const StepContext& context) {
  const int64_t groups = options_.groups(), per_group = options_.per_group(),
                samples = groups * per_group;
  const auto [code, told] = encoding(batch.input, batch.condition);
  const GaussianCode each = {repeated(code.mean, samples), repeated(code.log_variance, samples)};
  Shape noise_shape = code.mean.sizes().slice(1).vec();
  noise_shape.insert(noise_shape.begin(), samples);
  const at::Tensor noise = context.random
                               .normal("sampling", batch.rows, noise_shape)  // [B, samples, …]
                               .flatten(0, 1)
                               .to(code.mean.options().requires_grad(false));
  const at::Tensor z0 = sample(each, noise);  // [B · samples, …]
  const FlowedCode flow = flowed(z0, repeated(told, samples));
  // Another tensor than what log q is of: the encoder's gradient comes through these two.
  const at::Tensor z = at::alias(flow.z);
  // Tucker et al. differentiate log q by the sample alone.
  const GaussianCode judge = options_.estimator.kind == Estimator::Kind::Dreg
                                 ? GaussianCode{each.mean.detach(), each.log_variance.detach()}
                                 : each;

  const at::Tensor error =
      row_losses(likelihood(), decode_logits(z, repeated(batch.condition, samples)),
                 repeated(batch.target, samples));  // −log p(x|z), [B · samples]
  const at::Tensor log_p = log_prior(z, batch, context);
  const at::Tensor log_q = log_density(judge, z0) - flow.log_determinant;
  const at::Tensor log_weights = (-error + log_p - log_q).view({-1, groups, per_group});
  const at::Tensor kl = has_closed_kl() ? kl_from_standard_normal(code) : log_q - log_p;
  const at::Tensor factor = encoder_factor(options_.estimator, log_weights);
  scale_gradient(z, factor);
  scale_gradient(log_q, factor);
  return {.terms = {-bound_of(options_.estimator, log_weights).mean()},
          .metrics = {error.mean(), kl.mean()}};
}

std::optional<ObjectivePlan> ImportanceWeighted::objective_plan() const {
  if (typeid(*this) != typeid(ImportanceWeighted)) return {};
  std::optional<ObjectivePlan> plan = plan_of_codes();
  if (plan) {
    plan->bound = BoundPlan{.estimator = options_.estimator,
                            .groups = options_.groups(),
                            .per_group = options_.per_group()};
  }
  return plan;
}

}  // namespace hourglass::models
