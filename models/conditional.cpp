#include "hourglass/models/conditional.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>
#include <typeinfo>

namespace hourglass::models {

Conditional::Conditional(const ConditionalOptions& options, const ModelSpec& spec)
    : Variational(options.variational, spec) {
  if (condition_width() == 0) {
    throw UsageError(
        "a conditional autoencoder expects a condition, found none: use `condition` label with "
        "labelled data, or columns:N of a table");
  }
  if (options.prior == ConditionalPrior::Standard) return;
  const auto linear = [&] {
    return std::make_shared<DenseLayer>(condition_width(), element_count(code_shape()),
                                        Activation::Linear);
  };
  const auto prior = register_module("prior", std::make_shared<torch::nn::Module>());
  prior_mean_ = prior->register_module("mean", linear());
  prior_log_variance_ = prior->register_module("log_variance", linear());
}

at::Tensor Conditional::kl(const GaussianCode& code, const at::Tensor& condition) {
  if (!prior_mean_) return kl_from_standard_normal(code);
  const GaussianCode prior = {prior_mean_->forward(condition).view_as(code.mean),
                              prior_log_variance_->forward(condition).view_as(code.mean)};
  return kl_divergence(code, prior);
}

std::optional<ObjectivePlan> Conditional::objective_plan() const {
  if (typeid(*this) != typeid(Conditional)) return {};
  ObjectivePlan plan = {
      .reduction = Reduction::SumOfValues, .penalty = Penalty::Kl, .samples_code = true};
  if (prior_mean_) {
    plan.penalty = Penalty::KlOfCondition;
    plan.prior = {{"prior.mean", prior_mean_->plan()},
                  {"prior.log_variance", prior_log_variance_->plan()}};
  }
  return plan;
}

std::string Conditional::script_methods() const {
  if (!prior_mean_) return Variational::script_methods();
  std::string sizes = "n";
  for (const int64_t size : code_shape()) sizes += ", " + std::to_string(size);
  return fmt::format(
      "def sample(self, n: int, condition: Tensor) -> Tensor:\n"
      "    prior = self.prior\n"
      "    mean = torch.matmul(condition, prior.mean.weight.t()) + prior.mean.bias\n"
      "    log_variance = torch.matmul(condition, prior.log_variance.weight.t()) + "
      "prior.log_variance.bias\n"
      "    z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)\n"
      "    return self.decode(z.reshape([{}]), condition)\n",
      sizes);
}

}  // namespace hourglass::models
