#include "hourglass/models/likelihood.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <tuple>

namespace hourglass::models {
namespace {

/// Of targets that are all known; `how` is of at::Reduction.
at::Tensor reduced_loss(const Likelihood& likelihood, const at::Tensor& logits,
                        const at::Tensor& target, int64_t how) {
  const auto mean = [&] { return activate(likelihood.activation, logits); };
  switch (likelihood.loss) {
    case Loss::Bce: return at::binary_cross_entropy_with_logits(logits, target, {}, {}, how);
    case Loss::Mse: return at::mse_loss(mean(), target, how);
    case Loss::Mae: return at::l1_loss(mean(), target, how);
  }
  throw Error("unknown loss");
}

/// The loss of each value: 0 where the target is not known.
at::Tensor losses_of_known(const Likelihood& likelihood, const at::Tensor& logits,
                           const at::Tensor& target, const at::Tensor& unknown) {
  // NaN must not even meet the logits: 0 · NaN would be their gradient.
  const at::Tensor known = at::where(unknown, 0, target);
  return reduced_loss(likelihood, logits, known, at::Reduction::None).masked_fill(unknown, 0);
}

/// The sum of the losses of all values, or a tensor of them, or their mean: `how` is of at::Reduction.
at::Tensor loss_of(const Likelihood& likelihood, const at::Tensor& logits, const at::Tensor& target,
                   int64_t how) {
  const at::Tensor unknown = target.isnan();
  if (!unknown.any().item<bool>()) return reduced_loss(likelihood, logits, target, how);
  const at::Tensor losses = losses_of_known(likelihood, logits, target, unknown);
  switch (how) {
    case at::Reduction::Mean: return losses.mean();
    case at::Reduction::Sum: return losses.sum();
    default: return losses;
  }
}

/// The mean of the losses that `trim` leaves, each the sum over an item's values.
at::Tensor trimmed_mean(const Likelihood& likelihood, const at::Tensor& row_losses) {
  const int64_t items = row_losses.size(0);
  const auto left_out = static_cast<int64_t>(likelihood.trim * static_cast<double>(items));
  return std::get<0>(row_losses.topk(items - left_out, 0, /*largest=*/false, /*sorted=*/false))
      .mean();
}

}  // namespace

void check(const Likelihood& likelihood) {
  if (likelihood.loss == Loss::Bce && likelihood.activation != Activation::Sigmoid) {
    throw UsageError(
        "`loss` bce: expected `output_activation` sigmoid, found '{}'; use mse or mae with it",
        enum_name(likelihood.activation));
  }
}

void refuse_trim(const Likelihood& likelihood, const char* objective) {
  if (likelihood.trim == 0) return;
  throw UsageError("`trim`: expected 0 with {}, found {}", objective, likelihood.trim);
}

at::Tensor reconstruction_loss(const Likelihood& likelihood, const at::Tensor& logits,
                               const at::Tensor& target, Reduction reduction) {
  if (likelihood.trim > 0) {
    const at::Tensor sum = trimmed_mean(likelihood, row_losses(likelihood, logits, target));
    return reduction == Reduction::SumOfValues ? sum : sum / target[0].numel();
  }
  if (reduction == Reduction::MeanOfValues) {
    return loss_of(likelihood, logits, target, at::Reduction::Mean);
  }
  return loss_of(likelihood, logits, target, at::Reduction::Sum) / target.size(0);
}

at::Tensor row_losses(const Likelihood& likelihood, const at::Tensor& logits,
                      const at::Tensor& target) {
  return loss_of(likelihood, logits, target, at::Reduction::None).flatten(1).sum(1);
}

}  // namespace hourglass::models
