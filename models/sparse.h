#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/dictionary_options.h"
#include "hourglass/models/sparsity.h"

#include <vector>

namespace hourglass::models {

// Sparse autoencoder: most of the code is silent for any one item. h is the code.
//
//   L1 (Keras' activity regulariser):   loss = reconstruction + λ Σ over batch and units of |h|
//   KL (Ng, CS294A lecture notes 2011): loss = reconstruction + λ Σⱼ KL(ρ ‖ ρ̂ⱼ), ρ̂ⱼ the mean of unit j over the batch
//   KL(ρ ‖ ρ̂) = ρ log(ρ / ρ̂) + (1 − ρ) log((1 − ρ) / (1 − ρ̂))
//
// These two are penalties over any network. All other kinds of sparsity are dictionaries, which have
// one layer each way and rules of their own: dictionary.h.

struct SparseOptions {
  Sparsity sparsity;
  double sparsity_weight = 1e-5;
  double target_activation = 0.05;
  DictionaryOptions dictionary;

  void describe(FieldTable& table) {
    table
        .add("sparsity", sparsity,
             "what keeps the code silent: a penalty over any network, l1 (on absolute values, as "
             "Keras does) or kl (on the means' distance from a target); or a dictionary as SAELens "
             "trains them: topk:K, batch-topk:K, matryoshka-batch-topk:K,WIDTH,..., jumprelu, "
             "gated, standard (L1 weighted by the decoder's norms)")
        .offering({"l1", "kl", "topk:32", "batch-topk:32", "jumprelu", "gated", "standard"});
    table
        .add("sparsity_weight", sparsity_weight,
             "l1, kl: weight of the penalty, which l1 sums over units and batch, kl over units")
        .at_least(0);
    table.add("target_activation", target_activation, "mean activation that kl aims at")
        .above(0)
        .below(1);
    dictionary.describe(table);
  }
};

/// Throws `UsageError` for the KL penalty on a network whose code is not sigmoid, and for a
/// dictionary on a network that is none (dictionary.h).
void check(const SparseOptions& options, const NetworkOptions& network,
           const Likelihood& likelihood);

/// The objective of these options: `Sparse`, or a `Dictionary`.
AutoencoderPtr make_sparse(const SparseOptions& options, const ModelSpec& spec);

/// Reports the metric "mean_activation" of the code.
class Sparse : public Autoencoder {
 public:
  Sparse(SparseOptions options, const ModelSpec& spec);

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;

 private:
  SparseOptions options_;
};

}  // namespace hourglass::models
