#include "hourglass/evaluation/posterior_mixture.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/datasets/batches.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hourglass::evaluation {
namespace {

using models::GaussianCode;

constexpr const char* kMethodOfPrior = "prior_components";  // models/vamp_prior.h
constexpr int64_t kMostNumbersAtOnce = 4'000'000;

}  // namespace

GaussianCode posteriors(ExportedModel& model, const Batch& batch) {
  auto parts = model.run_method("encode_distribution", batch.input, batch.condition);
  if (parts.size() != 2) {
    throw Error("{}: encode_distribution: expected mean and log variance, found {} tensors",
                model.path().string(), parts.size());
  }
  return {std::move(parts[0]), std::move(parts[1])};
}

PosteriorMixture::PosteriorMixture(const GaussianCode& components)
    : components_{components.mean.flatten(1).to(at::kFloat),
                  components.log_variance.flatten(1).to(at::kFloat)} {
  if (components_.mean.sizes() == components_.log_variance.sizes()) return;
  throw Error("expected as many means as log variances, found {} and {}", components_.mean.numel(),
              components_.log_variance.numel());
}

PosteriorMixture::PosteriorMixture(const TensorMap& tensors)
    : PosteriorMixture(GaussianCode{tensors.at("means"), tensors.at("log_variances")}) {}

TensorMap PosteriorMixture::tensors() const {
  return {{"means", components_.mean}, {"log_variances", components_.log_variance}};
}

at::Tensor PosteriorMixture::log_density(const at::Tensor& codes) const {
  const GaussianCode exact = {components_.mean.to(at::kDouble),
                              components_.log_variance.to(at::kDouble)};
  const int64_t at_once = std::max<int64_t>(1, kMostNumbersAtOnce / exact.mean.numel());
  std::vector<at::Tensor> parts;
  for (const at::Tensor& some : codes.to(at::kDouble).split(at_once)) {
    parts.push_back(models::log_mixture_density(exact, some));
  }
  return at::cat(parts);
}

at::Tensor PosteriorMixture::sample(int64_t count, uint64_t seed) const {
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "posterior mixture"));
  const at::Tensor chosen =
      at::randint(components_.mean.size(0), {count}, generator, at::TensorOptions(at::kLong));
  const GaussianCode drawn = {components_.mean.index_select(0, chosen),
                              components_.log_variance.index_select(0, chosen)};
  return models::sample(drawn, at::randn(drawn.mean.sizes(), generator));
}

PosteriorMixturePtr mixture_prior(ExportedModel& model) {
  if (!model.card() || !model.has_method(kMethodOfPrior)) return nullptr;
  const at::NoGradGuard no_grad;
  const auto value = model.module().get_method(kMethodOfPrior)({});
  const auto& parts = value.toTupleRef().elements();
  return std::make_shared<PosteriorMixture>(
      GaussianCode{parts.at(0).toTensor().cpu(), parts.at(1).toTensor().cpu()});
}

PosteriorMixturePtr posteriors_of(const Sampler& sampler, ExportedModel& model,
                                  const datasets::Dataset& training, uint64_t seed) {
  if (training.size() < sampler.components) {
    throw Error("sampler {}: expected at least {} training rows, found {}", sampler.text(),
                sampler.components, training.size());
  }
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "posteriors"));
  const at::Tensor rows =
      at::randperm(training.size(), generator, at::kLong).narrow(0, 0, sampler.components);
  std::vector<at::Tensor> means, log_variances;
  for (const at::Tensor& some : rows.split(datasets::kRowsAtOnce)) {
    GaussianCode found = posteriors(model, training.batch(some));
    means.push_back(std::move(found.mean));
    log_variances.push_back(std::move(found.log_variance));
  }
  return std::make_shared<PosteriorMixture>(GaussianCode{at::cat(means), at::cat(log_variances)});
}

}  // namespace hourglass::evaluation
