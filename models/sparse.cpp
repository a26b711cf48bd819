#include "hourglass/models/sparse.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

namespace hourglass::models {

void SparseOptions::describe(FieldTable& table) {
  network.describe(table);
  table.add("sparsity", sparsity,
            "penalty on the code: l1, on its absolute values, or kl, on the distance of its means "
            "from the target");
  table
      .add("sparsity_weight", sparsity_weight,
           "weight of the penalty, which l1 sums over units and batch, kl over units")
      .at_least(0);
  table.add("target_activation", target_activation, "mean activation that kl aims at")
      .above(0)
      .below(1);
}

void check(const SparseOptions& options) {
  check(options.network);
  if (options.sparsity == Sparsity::Kl && options.network.code_activation != Activation::Sigmoid) {
    throw UsageError("`sparsity` kl: expected `code_activation` sigmoid, found '{}'",
                     enum_name(options.network.code_activation));
  }
}

SparseAutoencoder::SparseAutoencoder(Options options, ItemShapes shapes)
    : DenseAutoencoder(options.network, std::move(shapes)), options_(std::move(options)) {
  check(options_);
}

Losses SparseAutoencoder::loss(const Batch& batch, StepContext& /*context*/) {
  const at::Tensor h = encode(batch.input);  // [B, C]
  const at::Tensor reconstruction =
      reconstruction_loss(likelihood(), decode_logits(h), batch.target);
  at::Tensor penalty;
  if (options_.sparsity == Sparsity::L1) {
    penalty = h.abs().sum();
  } else {
    const double rho = options_.target_activation;
    // A unit that is silent or full in every row would have an infinite distance.
    const at::Tensor mean = h.mean(0).clamp(1e-6, 1 - 1e-6);  // [C]
    penalty = (rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()).sum();
  }
  return {.terms = {{"reconstruction", reconstruction},
                    {"sparsity", penalty, options_.sparsity_weight}},
          .metrics = {{"mean_activation", h.mean()}}};
}

}  // namespace hourglass::models
