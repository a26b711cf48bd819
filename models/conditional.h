#pragma once

#include "hourglass/models/layers.h"
#include "hourglass/models/variational.h"

#include <memory>

namespace hourglass::models {

// Conditional variational autoencoder (Sohn, Lee & Yan 2015): encoder and decoder are told a
// condition c of each item, its class above all, so that the code says what the condition does not.
//
//   loss = Σ over values of the reconstruction loss + β · KL(q(z|x, c) ‖ p(z|c)), the mean over the batch, in nats

/// What p(z|c) is.
enum class ConditionalPrior {
  Standard,  ///< N(0, I) whatever the condition, so that codes compare between classes
  Learned,   ///< N(μ(c), σ²(c)), a linear layer each
};
constexpr auto names_of(ConditionalPrior) {
  return std::to_array<EnumName<ConditionalPrior>>(
      {{ConditionalPrior::Standard, "standard"}, {ConditionalPrior::Learned, "learned"}});
}

struct ConditionalOptions {
  VariationalOptions variational;
  ConditionalPrior prior = ConditionalPrior::Standard;

  void describe(FieldTable& table) {
    variational.describe_weight(table);
    table.add("prior", prior,
              "of codes: standard, or learned, a normal distribution for each condition");
  }
};

class Conditional : public Variational {
 public:
  /// Throws `UsageError` where there is no condition.
  Conditional(const ConditionalOptions& options, const ModelSpec& spec);

  std::optional<ObjectivePlan> objective_plan() const override;
  std::string script_methods() const override;

 protected:
  at::Tensor kl(const GaussianCode& code, const at::Tensor& condition) override;

 private:
  // The learned prior's, [B, K] -> [B, values of the code]; null for the standard one.
  std::shared_ptr<DenseLayer> prior_mean_, prior_log_variance_;
};

}  // namespace hourglass::models
