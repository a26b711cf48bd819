#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/gaussian.h"
#include "hourglass/models/vamp_prior.h"

#include <cstdint>
#include <memory>
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
// `encode` returns μ. In the place of N(0, I) there may be a prior that is learned: vamp_prior.h.

struct VariationalOptions {
  double beta = 1;
  int64_t kl_warmup = 0;
  CodePrior prior;

  void describe(FieldTable& table) {
    describe_weight(table);
    table.add("prior", prior, "of codes: " + CodePrior::expects());
  }
  void describe_weight(FieldTable& table) {
    table.add("beta", beta, "weight of the KL divergence").at_least(0);
    table.add("kl_warmup", kl_warmup, "over which the KL divergence gains its weight in training")
        .at_least(0)
        .shown_as("EPOCHS");
  }
};

class Variational : public Autoencoder {
 public:
  /// Throws `UsageError` for pseudo-inputs where there is a condition, or an encoder that normalises
  /// batches or drops inputs.
  Variational(VariationalOptions options, const ModelSpec& spec);

  GaussianCode distribution(const at::Tensor& x, const at::Tensor& condition = {});

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  void after_step(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;

  std::string code_kind() const override { return "gaussian"; }
  std::vector<TensorMethod> extra_methods() override;
  std::string script_methods() const override;

 protected:
  bool has_standard_prior() const { return !pseudo_inputs_; }
  /// log p(z), [B].
  at::Tensor log_prior(const at::Tensor& z);

  /// The divergence from the prior, [B]: in closed form, or of the sample z.
  virtual at::Tensor kl(const GaussianCode& code, const at::Tensor& z, const at::Tensor& condition);

 private:
  VariationalOptions options_;
  std::shared_ptr<PseudoInputs> pseudo_inputs_;  // null for the standard prior
};

}  // namespace hourglass::models
