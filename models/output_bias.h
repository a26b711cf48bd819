#pragma once

#include "hourglass/models/autoencoder.h"

namespace hourglass::models {

/// Where the biases of a decoder's last layer begin.
enum class OutputBias {
  Zero,
  /// Where their outputs are the mean of the training targets, as in the program of Burda, Grosse &
  /// Salakhutdinov 2016 ("Importance weighted autoencoders"): no code has to be learned for what all
  /// items have in common.
  Mean,
};

constexpr auto names_of(OutputBias) {
  return std::to_array<EnumName<OutputBias>>(
      {{OutputBias::Zero, "zero"}, {OutputBias::Mean, "mean"}});
}

/// Sets them so that the likelihood's μ is `mean` [target shape…] where the last layer has nothing
/// to add. Biases that belong to channels of a map, or to features of a time step, take the mean over
/// all of its places. Throws `UsageError` for a decoder whose last layer has no biases, and as
/// `logits_of` does.
void begin_at_mean(Autoencoder& model, const at::Tensor& mean);

}  // namespace hourglass::models
