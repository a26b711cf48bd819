#include "hourglass/evaluation/model_prior.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/evaluation/posterior_mixture.h"
#include "hourglass/models/code_prior.h"
#include "hourglass/models/gaussian.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <string>
#include <utility>
#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kAveragedSamples = 10'000;

class MixturePrior final : public ModelPrior {
 public:
  explicit MixturePrior(PosteriorMixturePtr mixture) : mixture_(std::move(mixture)) {}

  at::Tensor log_density(const at::Tensor& codes, const at::Tensor& /*noise*/) const override {
    return mixture_->log_density(codes);
  }
  at::Tensor mean() const override { return mixture_->mean(); }
  at::Tensor sample(int64_t count, uint64_t seed) const override {
    return mixture_->sample(count, seed);
  }

 private:
  PosteriorMixturePtr mixture_;
};

/// What the methods of models/variational.cpp say of a second layer.
class SecondLayerPrior final : public ModelPrior {
 public:
  SecondLayerPrior(ExportedModel& model, int64_t width) : model_(model), width_(width) {}

  int64_t noise_width() const override { return width_; }

  at::Tensor log_density(const at::Tensor& codes, const at::Tensor& noise) const override {
    return model_.run_method("log_prior", {codes, noise}).at(0).to(at::kDouble);
  }

  at::Tensor mean() const override { return sample(kAveragedSamples, 1).mean(0, true); }

  at::Tensor sample(int64_t count, uint64_t seed) const override {
    at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "second layer"));
    const auto parts =
        model_.run_method("first_given_second", at::randn({count, width_}, generator));
    if (parts.size() != 2) {
      throw Error("{}: first_given_second: expected mean and log variance, found {} tensors",
                  model_.path().string(), parts.size());
    }
    const models::GaussianCode first = {parts[0].flatten(1), parts[1].flatten(1)};
    return models::sample(first, at::randn(first.mean.sizes(), generator));
  }

 private:
  ExportedModel& model_;
  int64_t width_;
};

}  // namespace

int64_t second_layer_width(const ExportedModel& model) {
  const auto recorded = models::CodePrior::parse(recorded_prior(model));
  return recorded && !recorded->second_layer.empty() ? recorded->second_layer.back() : 0;
}

ModelPriorPtr learned_prior(ExportedModel& model) {
  if (const int64_t width = second_layer_width(model); width > 0) {
    return std::make_shared<SecondLayerPrior>(model, width);
  }
  auto mixture = mixture_prior(model);
  return mixture ? std::make_shared<MixturePrior>(std::move(mixture)) : nullptr;
}

}  // namespace hourglass::evaluation
