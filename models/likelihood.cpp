#include "hourglass/models/likelihood.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <tuple>

namespace hourglass::models {
namespace {

/// `how` is of at::Reduction.
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
    return reduced_loss(likelihood, logits, target, at::Reduction::Mean);
  }
  return reduced_loss(likelihood, logits, target, at::Reduction::Sum) / target.size(0);
}

at::Tensor row_losses(const Likelihood& likelihood, const at::Tensor& logits,
                      const at::Tensor& target) {
  return reduced_loss(likelihood, logits, target, at::Reduction::None).flatten(1).sum(1);
}

}  // namespace hourglass::models
