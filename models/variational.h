#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace hourglass::models {

// Variational autoencoder (Kingma & Welling 2014; β: Higgins et al. 2017): the encoder gives a
// normal distribution q(z|x) = N(μ, σ²), a sample of which is decoded.
//
//   z = μ + exp(½ log σ²) · ε, ε ~ N(0, I)
//   loss = Σ over values of the reconstruction loss + β · KL(q ‖ N(0, I)), the mean over the batch,
//   in nats KL = −½ Σ (1 + log σ² − μ² − σ²)
//
// `encode` returns μ.

/// What encoder and decoder are made of.
enum class VariationalNetwork {
  Dense,         ///< fully connected layers, mirrored
  Convolutional  ///< the network of the Keras tutorial: four convolutions, the second of which
                 ///< halves the image
};

constexpr auto names_of(VariationalNetwork) {
  return std::to_array<EnumName<VariationalNetwork>>(
      {{VariationalNetwork::Dense, "dense"}, {VariationalNetwork::Convolutional, "convolutional"}});
}

struct VariationalOptions {
  VariationalNetwork network = VariationalNetwork::Dense;
  /// Hidden widths of the dense layers, then the code's; the decoder mirrors them. Units.
  std::vector<int64_t> widths = {128, 16};
  int64_t filters = 64;                      ///< channels of the convolutional network
  Activation activation = Activation::Relu;  ///< of the hidden layers
  double beta = 1;                           ///< weight of the KL divergence
  int64_t kl_warmup =
      0;  ///< epochs over which the weight grows to β while training; validation has all of it
  Likelihood likelihood;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that cannot work whatever the data.
void check(const VariationalOptions& options);

/// The normal distributions of a batch of codes.
struct GaussianCode {
  at::Tensor mean, log_variance;  ///< [B, C]
};

/// KL(N(μ, σ²) ‖ N(0, I)) of each row: [B].
at::Tensor kl_from_standard_normal(const GaussianCode& code);

class VariationalAutoencoder : public Autoencoder {
 public:
  using Options = VariationalOptions;

  /// The dense network takes any shapes; the convolutional one images of one size. Throws what
  /// `check` throws, and `UsageError` where the shapes do not suit.
  VariationalAutoencoder(Options options, ItemShapes shapes);

  GaussianCode distribution(const at::Tensor& x);          // [B, shape…]
  at::Tensor encode(const at::Tensor& x) override;         // [B, shape…] -> [B, C], the mean
  at::Tensor decode_logits(const at::Tensor& z) override;  // [B, C] -> [B, shape…]
  Losses loss(const Batch& batch, StepContext& context) override;

  std::string code_kind() const override { return "gaussian"; }
  std::vector<TensorMethod> extra_methods() override;
  std::string script_methods() const override;

 private:
  Options options_;
  std::shared_ptr<Stack> trunk_, decoder_;
  std::shared_ptr<DenseLayer> mean_, log_variance_;
};

}  // namespace hourglass::models
