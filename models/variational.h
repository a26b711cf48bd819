#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/gaussian.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::models {

// Variational autoencoder (Kingma & Welling 2014; β: Higgins et al. 2017): the encoder gives a
// normal distribution q(z|x) = N(μ, σ²), a sample of which is decoded.
//
//   z = μ + exp(½ log σ²) · ε, ε ~ N(0, I)
//   loss = Σ over values of the reconstruction loss + β · KL(q ‖ N(0, I)), the mean over the batch, in nats
//   KL = −½ Σ (1 + log σ² − μ² − σ²)
//
// `encode` returns μ.

struct VariationalOptions {
  double beta = 1;
  int64_t kl_warmup = 0;

  void describe(FieldTable& table) {
    table.add("beta", beta, "weight of the KL divergence").at_least(0);
    table.add("kl_warmup", kl_warmup, "over which the KL divergence gains its weight in training")
        .at_least(0)
        .shown_as("EPOCHS");
  }
};

class Variational : public Autoencoder {
 public:
  Variational(VariationalOptions options, const ModelSpec& spec);

  GaussianCode distribution(const at::Tensor& x, const at::Tensor& condition = {});

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;

  std::string code_kind() const override { return "gaussian"; }
  std::vector<TensorMethod> extra_methods() override;
  std::string script_methods() const override;

 protected:
  /// The distribution that codes are drawn towards, from which KL is measured: [B].
  virtual at::Tensor kl(const GaussianCode& code, const at::Tensor& condition);

 private:
  VariationalOptions options_;
};

}  // namespace hourglass::models
