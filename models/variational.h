#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/code_posterior.h"
#include "hourglass/models/code_prior.h"
#include "hourglass/models/gaussian.h"
#include "hourglass/models/inverse_autoregressive_flow.h"
#include "hourglass/models/second_layer.h"
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
// `encode` returns μ. In the place of N(0, I) there may be a prior p(z) that is learned, a mixture
// (vamp_prior.h) or a second layer of codes (second_layer.h). Then KL is log q(z|x) − log p(z) of
// the sampled z; of a second layer log p(z) is what one sampled z₂ says of it. A flow may follow
// the normal distribution (inverse_autoregressive_flow.h): KL is that of the sample then, too, and
// `encode` returns the flow of μ.

struct VariationalOptions {
  double beta = 1;
  int64_t kl_warmup = 0;
  CodePrior prior;
  CodePosterior posterior;

  void describe(FieldTable& table) {
    describe_weight(table);
    table.add("prior", prior, "of codes: " + CodePrior::expects());
    table.add("posterior", posterior, "of an item's code: " + CodePosterior::expects());
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
  /// Throws `UsageError` for a prior that does not suit the model, see `check` in code_prior.h, and
  /// for pseudo-inputs with a flow.
  Variational(VariationalOptions options, const ModelSpec& spec);

  /// q(z|x), or before a flow q(z₀|x).
  GaussianCode distribution(const at::Tensor& x, const at::Tensor& condition = {});
  at::Tensor encode(const at::Tensor& x, const at::Tensor& condition = {}) override;

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  void after_step(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;

  std::string code_kind() const override { return "gaussian"; }
  std::vector<TensorMethod> extra_methods() override;
  std::string script_methods() const override;

 protected:
  /// What the encoder says of items.
  struct Encoding {
    GaussianCode code;   ///< of z₀, which is z where there is no flow
    at::Tensor context;  ///< of the flow: [B, code shape…]; undefined where there is none
  };
  Encoding encoding(const at::Tensor& x, const at::Tensor& condition);

  /// Samples z of z₀ [B, code shape…].
  FlowedCode flowed(const at::Tensor& z0, const at::Tensor& context);

  /// Whether posterior and prior are normal distributions, whose KL divergence is `kl`.
  bool has_closed_kl() const { return !pseudo_inputs_ && !second_layer_ && !flow_; }

  /// What every objective of such codes shares, where the prior and the posterior can be planned.
  std::optional<ObjectivePlan> plan_of_codes() const;

  /// log p(z) of samples [B · samples, code shape…] of the batch's B codes: [B · samples].
  at::Tensor log_prior(const at::Tensor& z, const Batch& batch, const StepContext& context);

  /// The divergence from a normal prior, [B].
  virtual at::Tensor kl(const GaussianCode& code, const at::Tensor& /*condition*/) {
    return kl_from_standard_normal(code);
  }

 private:
  VariationalOptions options_;
  // At most one of them, none for the standard prior.
  std::shared_ptr<PseudoInputs> pseudo_inputs_;
  std::shared_ptr<SecondLayer> second_layer_;
  std::shared_ptr<InverseAutoregressiveFlow> flow_;  // null for a Gaussian posterior
};

}  // namespace hourglass::models
