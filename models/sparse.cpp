#include "hourglass/models/sparse.h"

#include "hourglass/core/error.h"
#include "hourglass/models/dictionary.h"
#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>

#include <memory>
#include <typeinfo>
#include <utility>

namespace hourglass::models {
namespace {

/// Σⱼ KL(ρ ‖ ρ̂ⱼ) of a code's means [units…].
at::Tensor kl_penalty(const at::Tensor& means, double rho) {
  // A unit that is silent or full in every row would have an infinite distance.
  const at::Tensor mean = means.clamp(1e-6, 1 - 1e-6);
  return (rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()).sum();
}

}  // namespace

void check(const SparseOptions& options, const NetworkOptions& network,
           const Likelihood& likelihood) {
  if (options.sparsity.is_dictionary()) {
    return check(options.sparsity, options.dictionary, network, likelihood);
  }
  const bool is_kl = options.sparsity.kind == Sparsity::Kind::Kl;
  if (is_kl && network.last_activation() != Activation::Sigmoid) {
    throw UsageError(
        "`sparsity` kl: expected a code between 0 and 1, as `code_activation` sigmoid of a dense "
        "network makes it, found '{}'",
        enum_name(network.last_activation()));
  }
}

AutoencoderPtr make_sparse(const SparseOptions& options, const ModelSpec& spec) {
  if (!options.sparsity.is_dictionary()) return std::make_shared<Sparse>(options, spec);
  return std::make_shared<Dictionary>(options.sparsity, options.dictionary, spec);
}

Sparse::Sparse(SparseOptions options, const ModelSpec& spec)
    : Autoencoder(spec), options_(std::move(options)) {
  check(options_, spec.network, spec.likelihood);
}

std::vector<Phase> Sparse::phases() const {
  const Term sparsity = {.name = "sparsity",
                         .weight = options_.sparsity_weight,
                         .sum_over_batch = options_.sparsity.kind == Sparsity::Kind::L1};
  return {{.terms = {{"reconstruction"}, sparsity}, .metrics = {"mean_activation"}}};
}

StepValues Sparse::losses(const Batch& batch, const StepContext& context) {
  const at::Tensor h = encode(batch.input, batch.condition);
  const at::Tensor logits = decode_logits(h, batch.condition);
  const at::Tensor penalty =
      options_.sparsity.kind == Sparsity::Kind::L1
          ? h.abs().sum()
          : kl_penalty(mean_of_all(widened(h), context.share(h.size(0)), processes()),
                       options_.target_activation);
  return {.terms = {reconstruction_loss(likelihood(), logits, batch.target), penalty},
          .metrics = {h.mean()}};
}

std::optional<ObjectivePlan> Sparse::objective_plan() const {
  if (typeid(*this) != typeid(Sparse)) return {};
  const bool l1 = options_.sparsity.kind == Sparsity::Kind::L1;
  return ObjectivePlan{.penalty = l1 ? Penalty::AbsoluteCode : Penalty::MeanActivation,
                       .target_activation = options_.target_activation};
}

}  // namespace hourglass::models
