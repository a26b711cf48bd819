#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/core/fields.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/mahalanobis.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace hourglass::evaluation {

/// How unlike the training data an item is to a model. The higher, the less like it.
enum class AnomalyScore {
  Auto,  ///< Elbo of Gaussian codes where `decode` is enough for it, CentreDistance, Reconstruction
  Reconstruction,  ///< mean squared error of the item
  Elbo,            ///< negative evidence lower bound of −ln p(x), in nats
  Mahalanobis,     ///< distance of the code from those of normal training items
  CentreDistance   ///< squared distance of the code from the centre that a one-class model has
};
constexpr auto names_of(AnomalyScore) {
  return std::to_array<EnumName<AnomalyScore>>({{AnomalyScore::Auto, "auto"},
                                                {AnomalyScore::Reconstruction, "reconstruction"},
                                                {AnomalyScore::Elbo, "elbo"},
                                                {AnomalyScore::Mahalanobis, "mahalanobis"},
                                                {AnomalyScore::CentreDistance, "centre-distance"}});
}

/// What `Auto` is for this model.
AnomalyScore resolve_score(AnomalyScore score, const ExportedModel& model);

/// Gives each item of a batch its score: [B] float64.
using AnomalyScorer = std::function<at::Tensor(const Batch& batch)>;

// The scorers keep a reference to the model. The batches have the condition of a model that takes
// one.

AnomalyScorer reconstruction_scorer(ExportedModel& model);

/// Reconstruction loss, summed over the item's values, plus KL(q(z|x) ‖ p(z)), of N(0, I) or what the
/// model has learned of the item's condition (normal_prior.h); the loss is the one the model was
/// trained with (decoded_likelihood.h), MSE where its file does not say. Values that are not known
/// count as the known ones of the item do on average. It is the mean over `samples` codes of q, or that
/// of its mean where `samples` is 0. All items share one draw of noise, so that a score depends on the
/// item and the seed alone. Throws what `check_elbo` throws.
AnomalyScorer elbo_scorer(ExportedModel& model, int64_t samples, uint64_t seed);

/// Throws `Error` unless the file has the method `encode_distribution` and a normal prior, and
/// its loss follows from what `decode` or `decode_parameters` gives.
void check_elbo(const ExportedModel& model);

/// The draws of that score: [samples, code shape…] float32, standard normal; a row of zeros where
/// `samples` is 0.
at::Tensor elbo_noise(int64_t samples, Shape code_shape, uint64_t seed);

AnomalyScorer mahalanobis_scorer(ExportedModel& model, Mahalanobis normal_codes);

/// Throws what `centre_of` throws.
AnomalyScorer centre_scorer(ExportedModel& model);

/// The centre of a one-class model (models/one_class.h): [D] float64, D the size of a code. Throws
/// `Error` for other models, and where the run had not come to it yet.
at::Tensor centre_of(const ExportedModel& model);

}  // namespace hourglass::evaluation
