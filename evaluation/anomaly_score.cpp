#include "hourglass/evaluation/anomaly_score.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/evaluation/code_matrix.h"
#include "hourglass/evaluation/decoded_likelihood.h"
#include "hourglass/evaluation/errors.h"
#include "hourglass/evaluation/normal_prior.h"
#include "hourglass/evaluation/posterior_mixture.h"
#include "hourglass/models/gaussian.h"
#include "hourglass/models/likelihood.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <functional>
#include <utility>
#include <vector>

namespace hourglass::evaluation {
namespace {

/// The loss of each item, summed over its values: [B] float64.
at::Tensor item_loss(models::Loss loss, const at::Tensor& reconstruction,
                     const at::Tensor& target) {
  const auto values = static_cast<double>(target[0].numel());
  switch (loss) {
    case models::Loss::Bce: return values * item_bce(reconstruction, target);
    case models::Loss::Mae: return values * item_mae(reconstruction, target);
    default: return values * item_mse(reconstruction, target);
  }
}

/// The loss of each item, given its code, summed over the item's values: [B] float64.
using CodeLoss = std::function<at::Tensor(const at::Tensor& z)>;

/// That of a batch, which has to outlive it.
CodeLoss code_loss(ExportedModel& model, const Batch& batch) {
  const models::Loss loss = recorded_loss(model);
  if (models::follows_from_mean(loss)) {
    return [&model, &batch, loss](const at::Tensor& z) {
      return item_loss(loss, model.decode(z, batch.condition), batch.target);
    };
  }
  const DecodedLikelihood likelihood(model);
  const at::Tensor target = batch.target.cpu();
  check_fit(model, likelihood, target);
  const at::Tensor known = target.isnan().logical_not().flatten(1).sum(1).clamp_min(1);
  return [&model, &batch, likelihood, target, known](const at::Tensor& z) {
    const at::Tensor numbers = decoded(model, likelihood, z, batch.condition);
    return -likelihood.log_density(numbers, target) * target[0].numel() / known;
  };
}

/// Whether it is variational, and its divergence of codes that of two normal distributions.
bool has_closed_divergence(const ExportedModel& model) {
  return model.has_method("encode_distribution") && has_normal_prior(model);
}

models::GaussianCode in_double(const models::GaussianCode& code) {
  return {code.mean.to(at::kDouble), code.log_variance.to(at::kDouble)};
}

}  // namespace

AnomalyScore resolve_score(AnomalyScore score, const ExportedModel& model) {
  if (score != AnomalyScore::Auto) return score;
  const bool known_loss = models::follows_from_mean(recorded_loss(model));
  if (has_closed_divergence(model) && known_loss) return AnomalyScore::Elbo;
  return model.has_method("centre_distance") ? AnomalyScore::CentreDistance
                                             : AnomalyScore::Reconstruction;
}

at::Tensor elbo_noise(int64_t samples, Shape code_shape, uint64_t seed) {
  const int64_t rows = samples == 0 ? 1 : samples;
  code_shape.insert(code_shape.begin(), rows);
  if (samples == 0) return at::zeros(code_shape);
  return at::randn(code_shape, at::detail::createCPUGenerator(derive_seed(seed, "elbo")));
}

AnomalyScorer reconstruction_scorer(ExportedModel& model) {
  return [&](const Batch& batch) {
    return item_mse(model.reconstruct(batch.input, batch.condition), batch.target);
  };
}

void check_elbo(const ExportedModel& model) {
  if (!has_closed_divergence(model)) {
    throw Error(
        "{}: `score` elbo: expected a variational model of a normal prior, with a method "
        "'encode_distribution'; use reconstruction or mahalanobis",
        model.path().string());
  }
  if (models::follows_from_mean(recorded_loss(model))) return;
  const std::string obstacle = decoded_likelihood_obstacle(model);
  if (obstacle.empty()) return;
  throw Error("{}: `score` elbo: {}; use reconstruction or mahalanobis", model.path().string(),
              obstacle);
}

AnomalyScorer elbo_scorer(ExportedModel& model, int64_t samples, uint64_t seed) {
  check_elbo(model);
  return [&model, samples, seed, prior = NormalPrior(model)](const Batch& batch) {
    const CodeLoss loss_of = code_loss(model, batch);
    const models::GaussianCode code = posteriors(model, batch);
    const at::Tensor noise = elbo_noise(samples, code.mean.sizes().slice(1).vec(), seed);
    at::Tensor total = at::zeros({batch.input.size(0)}, at::kDouble);
    for (const at::Tensor& epsilon : noise.unbind(0)) {
      total += loss_of(models::sample(code, epsilon));
    }
    return total / noise.size(0) +
           models::kl_divergence(in_double(code), in_double(prior.of(batch.condition)));
  };
}

AnomalyScorer mahalanobis_scorer(ExportedModel& model, Mahalanobis normal_codes) {
  return [&model, normal = std::move(normal_codes)](const Batch& batch) {
    return normal.distance(model.encode(batch.input, batch.condition));
  };
}

AnomalyScorer centre_scorer(ExportedModel& model) {
  return [&model, centre = centre_of(model)](const Batch& batch) {
    const at::Tensor codes = code_matrix(model.encode(batch.input, batch.condition));
    return (codes - centre).square().sum(1);
  };
}

at::Tensor centre_of(const ExportedModel& model) {
  const TensorMap tensors = model.tensors();
  const auto centre = tensors.find("centre");
  if (!model.has_method("centre_distance") || centre == tensors.end()) {
    throw Error(
        "{}: `score` centre-distance: expected a one-class model, with a method 'centre_distance'; "
        "use reconstruction or mahalanobis",
        model.path().string());
  }
  if (!centre->second.any().item<bool>()) {
    throw Error(
        "{}: `score` centre-distance: expected a model with a centre, found one of its run's "
        "pretraining; go on with the run",
        model.path().string());
  }
  return centre->second.to(at::kDouble).flatten();
}

}  // namespace hourglass::evaluation
