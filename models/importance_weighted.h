#pragma once

#include "hourglass/models/estimator.h"
#include "hourglass/models/variational.h"

#include <cstdint>
#include <vector>

namespace hourglass::models {

// Importance-weighted autoencoder (Burda, Grosse & Salakhutdinov 2016): a variational one trained on
// a tighter bound of log p(x), from k samples of the code for each item.
//
//   log wᵢ = log p(x|zᵢ) + log p(zᵢ) − log q(zᵢ|x), zᵢ ~ q(z|x)
//   loss = −log (1/k Σᵢ wᵢ), the mean over the batch, in nats
//
// k = 1 is the variational autoencoder, with KL estimated from the sample. Other estimators of the
// bound and of its gradient are in estimator.h.

struct ImportanceWeightedOptions {
  int64_t importance_samples = 5;
  Estimator estimator;
  CodePrior prior;
  CodePosterior posterior;

  void describe(FieldTable& table) {
    table
        .add("importance_samples", importance_samples,
             "samples of the code for each item, k; miwae and piwae have numbers of their own")
        .at_least(1)
        .at_most(Estimator::kMostSamples);
    table.add("estimator", estimator,
              "of the bound: " + Estimator::expects() +
                  "; dreg, ciwae and piwae give the encoder a clearer gradient where k is large");
    table.add("prior", prior, "of codes: " + CodePrior::expects());
    table.add("posterior", posterior, "of an item's code: " + CodePosterior::expects());
  }

  int64_t groups() const { return estimator.groups; }
  int64_t per_group() const {
    return estimator.has_groups() ? estimator.per_group : importance_samples;
  }
};

class ImportanceWeighted : public Variational {
 public:
  /// Throws `UsageError` for what a variational model refuses, and for dreg with a flow.
  ImportanceWeighted(ImportanceWeightedOptions options, const ModelSpec& spec);

  /// The bound, and the metrics "reconstruction" and "kl" of the mean sample, both in nats.
  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;

 private:
  ImportanceWeightedOptions options_;
};

}  // namespace hourglass::models
