#pragma once

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace hourglass::evaluation {

struct LikelihoodOptions {
  int64_t samples = 5000;  ///< of each item's code, K
  uint64_t seed = 1;
};

/// Why `negative_log_likelihoods` cannot be computed for this model; empty where it can: it takes a
/// method `encode_distribution` (mean and logarithm of the variance of a normal distribution q) and a
/// likelihood (decoded_likelihood.h).
std::string likelihood_obstacle(const ExportedModel& model);

/// −log p(x) of each item in nats, float64 [N], by importance sampling (Burda, Grosse &
/// Salakhutdinov: "Importance weighted autoencoders", 2016, section 5):
///
///   −log p(x) ≈ log K − logsumexp_k [log p(x|z_k) + log p(z_k) − log q(z_k|x)],  z_k ~ q(z|x)
///
/// Of a prior that is a second layer of codes (models/second_layer.h) one z₂ is drawn with each z. x is
/// the target, under the condition of its row. Codes are decoded as float32. Samples are drawn
/// by row: they do not depend on batches. Memory is bounded by a few thousand decoded items, whatever N
/// and K. Throws `Error` with the obstacle where there is one.
at::Tensor negative_log_likelihoods(ExportedModel& model, const datasets::Dataset& data,
                                    const LikelihoodOptions& options,
                                    const datasets::BatchProgress& progress = {});

}  // namespace hourglass::evaluation
