#pragma once

#include "hourglass/evaluation/code_distribution.h"
#include "hourglass/evaluation/standardisation.h"
#include "hourglass/models/variational.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace hourglass::evaluation {

// A second variational autoencoder, of the codes of a first model (Dai & Wipf 2019, "Diagnosing and
// enhancing VAE models"): its own codes are as large, and normally distributed as those of the first
// are not. Two hidden layers of ReLU units each way. The decoder's variance γ² is the one that suits best
// (Rybkin, Daniilidis & Levine 2021):
//
//   loss = ½ D log(‖z − ẑ‖² / D) + KL(q ‖ N(0, I)), and γ² = ‖z − ẑ‖² / D in the end
//   a new code is decode(u) + γ ε; u, ε ~ N(0, I)

class TwoStage final : public CodeDistribution {
 public:
  /// Fitted on codes [N, D], see `fit_distribution`.
  static CodeDistributionPtr fit(const at::Tensor& codes, uint64_t seed);

  /// The one that has these tensors.
  explicit TwoStage(const TensorMap& tensors);

  at::Tensor sample(int64_t count, uint64_t seed) const override;
  TensorMap tensors() const override;

 private:
  Standardisation standard_;
  std::shared_ptr<models::Variational> model_;
  double deviation_ = 0;  // γ

  TwoStage(Standardisation standard, std::shared_ptr<models::Variational> model);
  void train(const at::Tensor& codes, uint64_t seed);
};

}  // namespace hourglass::evaluation
