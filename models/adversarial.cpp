#include "hourglass/models/adversarial.h"

#include "hourglass/models/gaussian.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/networks/dense_network.h"

#include <ATen/ATen.h>

namespace hourglass::models {
namespace {

enum PhaseNumber : size_t { ReconstructionPhase, CriticPhase, EncoderPhase };

}  // namespace

Adversarial::Adversarial(AdversarialOptions options, const ModelSpec& spec)
    : Autoencoder(spec, {"code"}), options_(std::move(options)) {
  critic_ = register_module("critic", std::make_shared<Stack>());
  critic_->add(std::make_shared<FlattenLayer>());
  const int64_t last = add_hidden_layers(*critic_, element_count(code_shape()),
                                         options_.critic_widths, Activation::LeakyRelu);
  critic_->add(std::make_shared<DenseLayer>(last, 1, Activation::Linear));
}

std::vector<Phase> Adversarial::phases() const {
  return {
      {.name = "reconstruction", .modules = {"encoder", "decoder"}, .terms = {{"reconstruction"}}},
      {.name = "critic",
       .modules = {"critic"},
       .terms = {{"critic"}},
       .learning_rate = options_.critic_rate},
      {.name = "encoder",
       .modules = {"encoder"},
       .terms = {{"deception"}},
       .learning_rate = options_.encoder_rate}};
}

StepValues Adversarial::losses(const Batch& batch, const StepContext& context) {
  const at::Tensor z = encode(batch.input, batch.condition);
  switch (context.phase) {
    case ReconstructionPhase: {
      const at::Tensor logits = decode_logits(z, batch.condition);
      return {.terms = {reconstruction_loss(likelihood(), logits, batch.target)}};
    }
    case CriticPhase: {
      const at::Tensor prior = context.random.normal_like("prior", batch.rows, z);
      return {.terms = {judged_real(prior) + judged_false(z.detach())}};
    }
    default: return {.terms = {judged_real(z)}};
  }
}

// −log sigmoid(y) = softplus(−y), −log(1 − sigmoid(y)) = softplus(y): stable for any logit.
at::Tensor Adversarial::judged_real(const at::Tensor& z) {
  return at::softplus(-critic_->forward(z)).mean();
}
at::Tensor Adversarial::judged_false(const at::Tensor& z) {
  return at::softplus(critic_->forward(z)).mean();
}

std::string Adversarial::script_methods() const {
  return standard_normal_sampler(code_shape(), "encoder.code.weight", condition_width() > 0);
}

}  // namespace hourglass::models
