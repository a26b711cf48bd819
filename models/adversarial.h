#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::models {

// Adversarial autoencoder (Makhzani et al. 2015): a critic learns to tell codes from samples of the
// prior N(0, I), and the encoder learns to deceive it. On each batch, one after the other:
//
//   reconstruction, of encoder and decoder:  the reconstruction loss
//   critic:                                  −log D(p) − log(1 − D(z)), p ~ N(0, I), z = encode(x)
//   encoder:                                 −log D(z)
//
// D(z) = sigmoid(critic(z)); each is the mean over the batch.

struct AdversarialOptions {
  std::vector<int64_t> critic_widths = {128, 128};
  double critic_rate = 1;
  double encoder_rate = 1;

  void describe(FieldTable& table) {
    table.add("critic_widths", critic_widths, "hidden widths of the critic (units)").at_least(1);
    table.add("critic_rate", critic_rate, "the critic's learning rate, times the run's").above(0);
    table
        .add("encoder_rate", encoder_rate,
             "the encoder's learning rate against the critic, times the run's")
        .above(0);
  }
};

class Adversarial : public Autoencoder {
 public:
  Adversarial(AdversarialOptions options, const ModelSpec& spec);

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;

  std::string code_kind() const override { return "gaussian"; }
  std::string script_methods() const override;

 private:
  AdversarialOptions options_;
  std::shared_ptr<Stack> critic_;  // [B, values of the code] -> [B, 1], a logit

  /// The mean of −log D(z), or of −log(1 − D(z)).
  at::Tensor judged_real(const at::Tensor& z);
  at::Tensor judged_false(const at::Tensor& z);
};

}  // namespace hourglass::models
