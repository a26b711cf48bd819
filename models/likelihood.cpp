#include "hourglass/models/likelihood.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

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

}  // namespace

void check(const Likelihood& likelihood) {
  if (likelihood.loss == Loss::Bce && likelihood.activation != Activation::Sigmoid) {
    throw UsageError(
        "`loss` bce: expected `output_activation` sigmoid, found '{}'; use mse or mae with it",
        enum_name(likelihood.activation));
  }
}

at::Tensor reconstruction_loss(const Likelihood& likelihood, const at::Tensor& logits,
                               const at::Tensor& target, Reduction reduction) {
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
