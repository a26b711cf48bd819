#pragma once

#include "hourglass/models/likelihood.h"

#include <cstdint>

namespace hourglass::models {

/// What is added to the reconstruction loss, as the objectives' headers define it.
enum class Penalty {
  None,
  AbsoluteCode,  ///< Σ over batch and units of |h|; metric: the mean of h (sparse.h)
  MeanActivation,  ///< Σⱼ KL(ρ ‖ ρ̂ⱼ) of the batch's means; metric: the mean of h (sparse.h)
  Contraction,  ///< the closed form of ‖∂h/∂x‖²_F; metric: the mean norm (contractive.h)
  Kl,           ///< KL(q ‖ N(0, I)) of a sampled code (variational.h)
  Mmd,          ///< the codes' distance from the prior (wasserstein.h)
};

/// What an objective minimises, said without its class: for whoever differentiates by hand. Its
/// terms are the reconstruction loss and the penalty, in this order, in one phase for all
/// parameters; nothing is done after a step.
struct ObjectivePlan {
  Reduction reduction = Reduction::MeanOfValues;
  Penalty penalty = Penalty::None;
  double target_activation = 0;  ///< of MeanActivation: ρ
  /// Whether the heads are mean and log variance of a normal distribution, a sample of which is
  /// decoded: μ + exp(½ log σ²) · ε, with ε drawn for the purpose "sampling".
  bool samples_code = false;
  /// Where not 0, so many samples of each code, and the importance-weighted bound as the only term;
  /// reconstruction and KL are metrics (importance_weighted.h).
  int64_t bound_samples = 0;
};

}  // namespace hourglass::models
