#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/gaussian.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/objective_plan.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::models {

// A second stochastic layer, which is the prior of the first one's codes (Burda, Grosse &
// Salakhutdinov 2016, "Importance weighted autoencoders"; Rezende, Mohamed & Wierstra 2014):
//
//   p(z) = ∫ p(z|z₂) N(z₂; 0, I) dz₂, p(z|z₂) a normal distribution that a decoder gives
//   log p(z₂) + log p(z|z₂) − log q(z₂|z), z₂ ~ q(z₂|z), a normal distribution of an encoder
//
// The second line stands where log p(z) would: a lower bound of it, on average over z₂. With it
// log p(x|z) + log p(z) − log q(z|x) is the logarithm of the paper's importance weight of the samples
// of both layers. Estimators that scale the encoder's gradient (estimator.h) do so for q(z|x);
// q(z₂|z) learns from all samples, as the decoders do.

/// Dense layers of tanh units, and of what they give a mean and a log variance: [B, I] -> [B, O].
class GaussianLayers : public torch::nn::Module {
 public:
  GaussianLayers(int64_t inputs, const std::vector<int64_t>& hidden, int64_t outputs);

  GaussianCode forward(const at::Tensor& x);

  /// `prefix`: what stands before the names of its layers.
  GaussianLayersPlan plan(const std::string& prefix) const;

 private:
  std::shared_ptr<Stack> trunk_;
  std::shared_ptr<DenseLayer> mean_, log_variance_;
};

class SecondLayer : public torch::nn::Module {
 public:
  /// Of codes of `code` values; `widths` are those of its encoder's hidden layers, which the decoder
  /// has in the opposite order, and last of its own code.
  SecondLayer(int64_t code, const std::vector<int64_t>& widths);

  int64_t width() const { return width_; }  ///< of z₂
  int64_t code_width() const { return code_width_; }

  /// p(z|z₂) for z₂ [B, width]: mean and log variance [B, code].
  GaussianCode first_given(const at::Tensor& second) { return decoder_->forward(second); }

  /// The second line above, for z [B, code] and the standard normal `noise` [B, width] that z₂ is
  /// drawn with: [B], in nats.
  at::Tensor log_prior(const at::Tensor& z, const at::Tensor& noise);

  SecondLayerPlan plan(const std::string& prefix) const {
    return {encoder_->plan(prefix + "encoder."), decoder_->plan(prefix + "decoder.")};
  }

 private:
  int64_t code_width_, width_;
  std::shared_ptr<GaussianLayers> encoder_, decoder_;
};

/// What exported models that have one are asked: `log_prior(z, noise)`, and mean and log variance of
/// p(z|z₂), `first_given_second(second)`.
std::vector<TensorMethod> methods_of(const std::shared_ptr<SecondLayer>& layer);

/// The source of a method `sample(n)` of a model that has these methods, for z₂ of so many numbers.
std::string second_layer_sampler(int64_t width);

}  // namespace hourglass::models
