#include "hourglass/models/variational.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <typeinfo>

namespace hourglass::models {
namespace {

/// Pseudo-inputs go through the encoder by themselves, and are of no condition and no row.
void expect_encoder_of_items(const Autoencoder& model) {
  if (model.condition_width() > 0) {
    throw UsageError(
        "`prior` vamp: expected a model that takes items alone, found one that is told a "
        "condition");
  }
  for (const auto& entry : model.plan().encoder) {
    if (!entry.layer.tensors.contains("running_mean") && entry.layer.kind != "dropout") continue;
    throw UsageError(
        "`prior` vamp: expected an encoder without batch normalization and dropout, found {}",
        entry.name);
  }
}

}  // namespace

Variational::Variational(VariationalOptions options, const ModelSpec& spec)
    : Autoencoder(spec, {"mean", "log_variance"}), options_(options) {
  if (options.prior.is_standard()) return;
  expect_encoder_of_items(*this);
  pseudo_inputs_ = register_module(
      "prior", std::make_shared<PseudoInputs>(options.prior.pseudo_inputs, input_shape(),
                                              likelihood().activation));
}

GaussianCode Variational::distribution(const at::Tensor& x, const at::Tensor& condition) {
  const auto outputs = read(x, condition);
  return {outputs[0], outputs[1]};
}

std::vector<Phase> Variational::phases() const {
  const Term kl = {.name = "kl", .weight = options_.beta, .warmup_epochs = options_.kl_warmup};
  return {{.terms = {{"reconstruction"}, kl}}};
}

StepValues Variational::losses(const Batch& batch, const StepContext& context) {
  const GaussianCode code = distribution(batch.input, batch.condition);
  const at::Tensor noise = context.random.normal_like("sampling", batch.rows, code.mean);
  const at::Tensor z = sample(code, noise);
  const at::Tensor logits = decode_logits(z, batch.condition);
  return {.terms = {reconstruction_loss(likelihood(), logits, batch.target, Reduction::SumOfValues),
                    kl(code, z, batch.condition).mean()}};
}

void Variational::after_step(const Batch& /*batch*/, const StepContext& /*context*/) {
  if (pseudo_inputs_) pseudo_inputs_->put_back_in_range();
}

at::Tensor Variational::log_prior(const at::Tensor& z) {
  if (!pseudo_inputs_) return log_density({at::zeros_like(z), at::zeros_like(z)}, z);
  return log_mixture_density(distribution(pseudo_inputs_->values()), z);
}

at::Tensor Variational::kl(const GaussianCode& code, const at::Tensor& z,
                           const at::Tensor& /*condition*/) {
  return has_standard_prior() ? kl_from_standard_normal(code) : log_density(code, z) - log_prior(z);
}

std::vector<TensorMethod> Variational::extra_methods() {
  return {method_of_items("encode_distribution", [this](const at::Tensor& x, const at::Tensor& c) {
    const GaussianCode code = distribution(x, c);
    return std::vector{code.mean, code.log_variance};
  })};
}

std::optional<ObjectivePlan> Variational::objective_plan() const {
  if (typeid(*this) != typeid(Variational) || !has_standard_prior()) return {};
  return ObjectivePlan{
      .reduction = Reduction::SumOfValues, .penalty = Penalty::Kl, .samples_code = true};
}

std::string Variational::script_methods() const {
  if (!has_standard_prior()) return mixture_sampler();
  return standard_normal_sampler(code_shape(), "encoder.mean.weight", condition_width() > 0);
}

}  // namespace hourglass::models
