#pragma once

#include "hourglass/models/dictionary_options.h"
#include "hourglass/models/estimator.h"
#include "hourglass/models/layer.h"
#include "hourglass/models/likelihood.h"
#include "hourglass/models/sparsity.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::models {

/// What is added to the reconstruction loss, as the objectives' headers define it.
enum class Penalty {
  None,
  AbsoluteCode,  ///< Σ over batch and units of |h|; metric: the mean of h (sparse.h)
  MeanActivation,  ///< Σⱼ KL(ρ ‖ ρ̂ⱼ) of the batch's means; metric: the mean of h (sparse.h)
  Contraction,  ///< the closed form of ‖∂h/∂x‖²_F; metric: the mean norm (contractive.h)
  Kl,  ///< KL(q ‖ N(0, I)) of a sampled code; of a `second_layer` that of the sample (variational.h)
  KlOfCondition,   ///< KL(q ‖ p(z|c)) of a sampled code, see `prior` (conditional.h)
  Mmd,             ///< the codes' distance from the prior (wasserstein.h)
  CodeAndWeights,  ///< two terms: ½‖z‖², and the squared norm of `weights` (regularized.h)
};

/// A dictionary (dictionary.h, with the formulas): p = (x − b_dec) W_enc + b_enc, of which
/// `sparsity` leaves the code. Terms and their weights are those of the objective's one phase, by
/// name: "reconstruction", then "prefixes", "sparsity" and "auxiliary" where there are such; metrics
/// "l0" and "dead_latents". Validation encodes as inference does, by the batch kinds' threshold, and
/// its "auxiliary" is 0 but for a gated code.
///
/// After each step, and before the next: the counter of every unit grows by 1, and is 0 where the
/// unit spoke in some row; the threshold follows the smallest chosen score; JumpReLU's thresholds
/// are raised to 0 (before, not after the step); rows of the decoder get length 1 where
/// `options.unit_norm_decoder`. All of this is in the model's tensors of these names, which saving
/// and resuming read and write.
struct DictionaryPlan {
  Sparsity sparsity;
  DictionaryOptions options;
  // Parameters, of which the layers' are in the model's plan: b_dec is the decoder's bias.
  std::string threshold = "latents.threshold";            ///< [W], of JumpReLU
  std::string log_scale = "latents.log_scale";            ///< [W], of a gated code
  std::string magnitude_bias = "latents.magnitude_bias";  ///< [W], of a gated code
  // Buffers.
  std::string steps_since_spoken = "steps_since_spoken";    ///< int64 [W]
  std::string batch_threshold = "latents.batch_threshold";  ///< float64 scalar, of the batch kinds
};

/// Several samples of each code, and the importance-weighted bound as the only term; reconstruction
/// and KL are metrics (importance_weighted.h).
struct BoundPlan {
  Estimator estimator;
  int64_t groups = 1, per_group = 1;

  int64_t samples() const { return groups * per_group; }
};

/// Layers, and of what the last gives a mean and a log variance each.
struct GaussianLayersPlan {
  std::vector<NamedLayerPlan> trunk;
  NamedLayerPlan mean, log_variance;
};

/// A second stochastic layer in the place of the prior N(0, I) (second_layer.h): q(z₂|z) and p(z|z₂),
/// with z₂ drawn for the purpose "second layer".
struct SecondLayerPlan {
  GaussianLayersPlan encoder, decoder;
};

/// What an objective minimises, said without its class: for whoever differentiates by hand. Its
/// terms are the reconstruction loss and the penalty, in this order, in one phase for all
/// parameters; nothing is done after a step. A dictionary has terms of its own.
struct ObjectivePlan {
  Reduction reduction = Reduction::MeanOfValues;
  Penalty penalty = Penalty::None;
  double target_activation = 0;          ///< of MeanActivation: ρ
  std::vector<at::Tensor> weights = {};  ///< of CodeAndWeights: parameters that layers have
  /// Of KlOfCondition: mean and log variance of p(z|c), which read the condition.
  std::vector<NamedLayerPlan> prior = {};
  /// Of Kl and of a bound: the prior, where it is not N(0, I).
  std::optional<SecondLayerPlan> second_layer = {};
  /// Whether the heads are mean and log variance of a normal distribution, a sample of which is
  /// decoded: μ + exp(½ log σ²) · ε, with ε drawn for the purpose "sampling".
  bool samples_code = false;
  std::optional<BoundPlan> bound = {};
  std::optional<DictionaryPlan> dictionary = {};
};

}  // namespace hourglass::models
