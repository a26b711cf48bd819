#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/core/fields.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/mahalanobis.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace hourglass::apps {

/// How strange an item is to a model. A higher score is stranger.
enum class AnomalyScore {
  Auto,            ///< Elbo for a model with Gaussian codes, else Reconstruction
  Reconstruction,  ///< mean squared error of the item
  Elbo,            ///< negative evidence lower bound of −ln p(x), in nats
  Mahalanobis      ///< distance of the code from those of normal training items
};
constexpr auto names_of(AnomalyScore) {
  return std::to_array<EnumName<AnomalyScore>>({{AnomalyScore::Auto, "auto"},
                                                {AnomalyScore::Reconstruction, "reconstruction"},
                                                {AnomalyScore::Elbo, "elbo"},
                                                {AnomalyScore::Mahalanobis, "mahalanobis"}});
}

/// What `auto` resolves to for this checkpoint.
AnomalyScore resolve_score(AnomalyScore score, const evaluation::ExportedModel& model);

/// Gives each item of a batch its score: [B] float64.
using Scorer = std::function<at::Tensor(const Batch& batch)>;

// The scorers keep a reference to the checkpoint.

Scorer reconstruction_scorer(evaluation::ExportedModel& model);

/// Reconstruction loss, summed over the item's values, plus KL(q(z|x) ‖ N(0, I)); the loss is the
/// one the model was trained with, MSE where its file does not say. It is the mean over `samples`
/// codes of q, or that of its mean where `samples` is 0. All items share one draw of noise, so that
/// a score depends on the item and the seed alone. Throws `Error` unless the file has the methods
/// `encode_distribution` and `decode`.
Scorer elbo_scorer(evaluation::ExportedModel& model, int64_t samples, uint64_t seed);

Scorer mahalanobis_scorer(evaluation::ExportedModel& model, evaluation::Mahalanobis normal_codes);

// Kept in the file of a threshold, which is applied without the training rows.
nlohmann::json to_json(const evaluation::Mahalanobis& fitted);
evaluation::Mahalanobis mahalanobis_from_json(const nlohmann::json& json);

}  // namespace hourglass::apps
