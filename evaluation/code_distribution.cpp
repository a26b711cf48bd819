#include "hourglass/evaluation/code_distribution.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"
#include "hourglass/evaluation/index_prior.h"
#include "hourglass/evaluation/masked_flow.h"
#include "hourglass/evaluation/mixture.h"
#include "hourglass/evaluation/posterior_mixture.h"
#include "hourglass/evaluation/two_stage.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <utility>

namespace hourglass::evaluation {
namespace {

class MixtureOfCodes final : public CodeDistribution {
 public:
  explicit MixtureOfCodes(GaussianMixture mixture) : mixture_(std::move(mixture)) {}

  at::Tensor sample(int64_t count, uint64_t seed) const override {
    return mixture_.sample(count, seed);
  }
  TensorMap tensors() const override {
    return {
        {"weights", mixture_.weights}, {"means", mixture_.means}, {"cholesky", mixture_.cholesky}};
  }

 private:
  GaussianMixture mixture_;
};

CodeDistributionPtr mixture_of(const TensorMap& tensors) {
  GaussianMixture mixture = {tensors.at("weights"), tensors.at("means"), tensors.at("cholesky")};
  const int64_t components = mixture.weights.size(0), width = mixture.means.size(1);
  mixture.weights = mixture.weights.view({components});
  mixture.means = mixture.means.view({components, width});
  mixture.cholesky = mixture.cholesky.view({components, width, width});
  return std::make_shared<MixtureOfCodes>(std::move(mixture));
}

}  // namespace

CodeDistributionPtr fit_distribution(const Sampler& sampler, const at::Tensor& codes, uint64_t seed,
                                     int64_t indices) {
  using enum Sampler::Kind;
  if (sampler.kind != Maf && sampler.kind != TwoStage && sampler.kind != Autoregressive) {
    return std::make_shared<MixtureOfCodes>(
        fit_mixture(codes, {.components = sampler.components, .seed = seed}));
  }
  // What is trained needs gradients, whoever asks for it, and codes that may be part of them.
  const c10::InferenceMode training(false);
  const at::AutoGradMode with_gradients(true);
  const at::Tensor known = code_matrix(codes, at::kFloat).clone();
  if (known.size(0) < 2) {
    throw Error("{}: expected at least 2 codes, found {}", sampler.text(), known.size(0));
  }
  if (sampler.kind == Maf) return MaskedFlow::fit(known, seed);
  if (sampler.kind == TwoStage) return evaluation::TwoStage::fit(known, seed);
  return IndexPrior::fit(known, indices, seed);
}

CodeDistributionPtr distribution_of(const Sampler& sampler, const TensorMap& tensors,
                                    const std::string& file) {
  try {
    switch (sampler.kind) {
      case Sampler::Kind::Maf: return std::make_shared<MaskedFlow>(tensors);
      case Sampler::Kind::Vamp: return std::make_shared<PosteriorMixture>(tensors);
      case Sampler::Kind::TwoStage: return std::make_shared<TwoStage>(tensors);
      case Sampler::Kind::Autoregressive: return std::make_shared<IndexPrior>(tensors);
      default: return mixture_of(tensors);
    }
  } catch (const std::exception&) {
    throw Error("{}: expected the tensors of a sampler {}, found others", file, sampler.text());
  }
}

}  // namespace hourglass::evaluation
