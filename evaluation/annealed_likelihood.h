#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// Annealed importance sampling (Neal 2001; of decoders: Wu et al. 2017, "On the quantitative analysis of
// decoder-based generative models"). A chain of codes begins at the prior and is led, by T
// temperatures, to the posterior of an item:
//
//   pₜ(z) ∝ p(z) p(x|z)^βₜ, 0 = β₀ < β₁ < … < β_T = 1
//   log w = Σₜ (βₜ − βₜ₋₁) log p(x|zₜ₋₁), zₜ moved by Hamiltonian Monte Carlo that keeps pₜ
//   log p(x) ≈ logsumexp log w − log K, over K chains
//
// It asks the encoder for nothing, so it finds what importance sampling from q(z|x) misses where q is
// too narrow. Importance sampling is too high on average, and so is annealing but for what its steps'
// lengths, which adapt while a chain runs, make of it: the smaller −log p(x) is most likely nearer.

struct AnnealingOptions {
  int64_t chains = 16;          ///< of each item, K
  int64_t temperatures = 1000;  ///< T
  int64_t leapfrog_steps = 10;  ///< of each move
  uint64_t seed = 1;
};

/// Why `annealed_likelihoods` cannot be computed for this model; empty where it can: that of
/// `likelihood_obstacle`, and it takes a normal prior (normal_prior.h) or a second layer.
std::string annealing_obstacle(const ExportedModel& model);

/// −log p(x) of each item in nats, float64 [N]. Takes N · K · T · leapfrog steps passes through the
/// decoder and back; `progress` is told the share that is done. Draws are those of rows: an item's
/// number does not depend on the others. Throws `Error` with the obstacle where there is one.
at::Tensor annealed_likelihoods(ExportedModel& model, const datasets::Dataset& data,
                                const AnnealingOptions& options,
                                const std::function<void(double share)>& progress = {});

/// Both estimates of the same items: their means.
struct LikelihoodCheck {
  int64_t items = 0;
  double importance = 0;  ///< of `negative_log_likelihoods`
  double annealed = 0;
};

/// {"items": 100, "importance": …, "annealed": …}
nlohmann::json to_json(const LikelihoodCheck& found);

/// For people, beginning with "-log p(x) of the first …".
std::vector<std::string> lines_of(const LikelihoodCheck& found);

}  // namespace hourglass::evaluation
