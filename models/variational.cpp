#include "hourglass/models/variational.h"

#include <ATen/ATen.h>

#include <typeinfo>
#include <utility>

namespace hourglass::models {
namespace {

std::vector<std::string> heads_of(const CodePosterior& posterior) {
  std::vector<std::string> heads = {"mean", "log_variance"};
  if (!posterior.is_gaussian()) heads.emplace_back("context");
  return heads;
}

}  // namespace

Variational::Variational(VariationalOptions options, const ModelSpec& spec)
    : Autoencoder(spec, heads_of(options.posterior)), options_(std::move(options)) {
  const CodePrior& prior = options_.prior;
  check(prior, *this);
  check(options_.posterior, prior);
  if (prior.pseudo_inputs > 0) {
    pseudo_inputs_ =
        register_module("prior", std::make_shared<PseudoInputs>(prior.pseudo_inputs, input_shape(),
                                                                likelihood().activation));
  } else if (!prior.second_layer.empty()) {
    second_layer_ = register_module(
        "prior", std::make_shared<SecondLayer>(code_shape().front(), prior.second_layer));
  }
  if (options_.posterior.is_gaussian()) return;
  flow_ =
      register_module("posterior", std::make_shared<InverseAutoregressiveFlow>(
                                       element_count(code_shape()), options_.posterior.flow_steps));
}

Variational::Encoding Variational::encoding(const at::Tensor& x, const at::Tensor& condition) {
  const auto outputs = read(x, condition);
  return {{outputs[0], outputs[1]}, flow_ ? outputs[2] : at::Tensor()};
}

FlowedCode Variational::flowed(const at::Tensor& z0, const at::Tensor& context) {
  if (flow_) return flow_->forward(z0, context);
  return {z0, at::zeros({z0.size(0)}, z0.options().requires_grad(false))};
}

GaussianCode Variational::distribution(const at::Tensor& x, const at::Tensor& condition) {
  return encoding(x, condition).code;
}

at::Tensor Variational::encode(const at::Tensor& x, const at::Tensor& condition) {
  const Encoding of = encoding(x, condition);
  return flow_ ? flow_->forward(of.code.mean, of.context).z : of.code.mean;
}

std::vector<Phase> Variational::phases() const {
  const Term kl = {.name = "kl", .weight = options_.beta, .warmup_epochs = options_.kl_warmup};
  return {{.terms = {{"reconstruction"}, kl}}};
}

StepValues Variational::losses(const Batch& batch, const StepContext& context) {
  const auto [code, told] = encoding(batch.input, batch.condition);
  const at::Tensor noise = context.random.normal_like("sampling", batch.rows, code.mean);
  const at::Tensor z0 = sample(code, noise);
  const auto [z, log_determinant] = flowed(z0, told);
  const at::Tensor logits = decode_logits(z, batch.condition);
  const at::Tensor divergence =
      has_closed_kl() ? kl(code, batch.condition)
                      : log_density(code, z0) - log_determinant - log_prior(z, batch, context);
  return {.terms = {reconstruction_loss(likelihood(), logits, batch.target, Reduction::SumOfValues),
                    divergence.mean()}};
}

void Variational::after_step(const Batch& /*batch*/, const StepContext& /*context*/) {
  if (pseudo_inputs_) pseudo_inputs_->put_back_in_range();
}

at::Tensor Variational::log_prior(const at::Tensor& z, const Batch& batch,
                                  const StepContext& context) {
  if (pseudo_inputs_) return log_mixture_density(distribution(pseudo_inputs_->values()), z);
  if (!second_layer_) return log_density({at::zeros_like(z), at::zeros_like(z)}, z);
  const int64_t samples = z.size(0) / batch.rows.size(0);
  const at::Tensor noise =
      context.random.normal("second layer", batch.rows, {samples, second_layer_->width()});
  return second_layer_->log_prior(z, noise.flatten(0, 1).to(z.options().requires_grad(false)));
}

std::vector<TensorMethod> Variational::extra_methods() {
  // No name that promises a normal distribution of codes where a flow follows.
  const char* name = flow_ ? "encode_base" : "encode_distribution";
  std::vector<TensorMethod> methods = {
      method_of_items(name, [this](const at::Tensor& x, const at::Tensor& condition) {
        const auto [code, context] = encoding(x, condition);
        std::vector<at::Tensor> results = {code.mean, code.log_variance};
        if (flow_) results.push_back(context);
        return results;
      })};
  if (flow_) methods.push_back(method_of(flow_, code_shape()));
  if (!second_layer_) return methods;
  for (auto& method : methods_of(second_layer_)) methods.push_back(std::move(method));
  return methods;
}

std::optional<ObjectivePlan> Variational::objective_plan() const {
  if (typeid(*this) != typeid(Variational)) return {};
  return plan_of_codes();
}

std::optional<ObjectivePlan> Variational::plan_of_codes() const {
  if (pseudo_inputs_ || flow_) return {};
  ObjectivePlan plan = {
      .reduction = Reduction::SumOfValues, .penalty = Penalty::Kl, .samples_code = true};
  if (second_layer_) plan.second_layer = second_layer_->plan("prior.");
  return plan;
}

std::string Variational::script_methods() const {
  if (pseudo_inputs_) return mixture_sampler();
  if (second_layer_) return second_layer_sampler(second_layer_->width());
  return standard_normal_sampler(code_shape(), "encoder.mean.weight", condition_width() > 0);
}

}  // namespace hourglass::models
