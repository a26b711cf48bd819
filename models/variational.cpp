#include "hourglass/models/variational.h"

#include <ATen/ATen.h>

#include <typeinfo>

namespace hourglass::models {

Variational::Variational(VariationalOptions options, const ModelSpec& spec)
    : Autoencoder(spec, {"mean", "log_variance"}), options_(options) {}

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
  const at::Tensor logits = decode_logits(sample(code, noise), batch.condition);
  return {.terms = {reconstruction_loss(likelihood(), logits, batch.target, Reduction::SumOfValues),
                    kl(code, batch.condition).mean()}};
}

at::Tensor Variational::kl(const GaussianCode& code, const at::Tensor& /*condition*/) {
  return kl_from_standard_normal(code);
}

std::vector<TensorMethod> Variational::extra_methods() {
  return {method_of_items("encode_distribution", [this](const at::Tensor& x, const at::Tensor& c) {
    const GaussianCode code = distribution(x, c);
    return std::vector{code.mean, code.log_variance};
  })};
}

std::optional<ObjectivePlan> Variational::objective_plan() const {
  if (typeid(*this) != typeid(Variational)) return {};
  return ObjectivePlan{
      .reduction = Reduction::SumOfValues, .penalty = Penalty::Kl, .samples_code = true};
}

std::string Variational::script_methods() const {
  return standard_normal_sampler(code_shape(), "encoder.mean.weight", condition_width() > 0);
}

}  // namespace hourglass::models
