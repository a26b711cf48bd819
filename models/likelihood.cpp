#include "hourglass/models/likelihood.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

namespace hourglass::models {

void Likelihood::describe(FieldTable& table) {
  table.add("loss", loss, "reconstruction error: bce (values in [0, 1]), mse or mae");
  table.add("output_activation", activation,
            "of the reconstruction; bce needs sigmoid, linear suits data of any range");
}

void check(const Likelihood& likelihood) {
  if (likelihood.loss == Loss::Bce && likelihood.activation != Activation::Sigmoid) {
    throw UsageError(
        "`loss` bce: expected `output_activation` sigmoid, found '{}'; use mse or mae with it",
        enum_name(likelihood.activation));
  }
}

at::Tensor reconstruction_loss(const Likelihood& likelihood, const at::Tensor& logits,
                               const at::Tensor& target, Reduction reduction) {
  const int64_t how =
      reduction == Reduction::MeanOfValues ? at::Reduction::Mean : at::Reduction::Sum;
  const auto mean = [&] { return activate(likelihood.activation, logits); };
  at::Tensor loss;
  switch (likelihood.loss) {
    case Loss::Bce: loss = at::binary_cross_entropy_with_logits(logits, target, {}, {}, how); break;
    case Loss::Mse: loss = at::mse_loss(mean(), target, how); break;
    case Loss::Mae: loss = at::l1_loss(mean(), target, how); break;
  }
  return reduction == Reduction::MeanOfValues ? loss : loss / target.size(0);
}

}  // namespace hourglass::models
