#pragma once

#include "hourglass/training/fused/layer.h"

#include <cstdint>
#include <string>

namespace hourglass::training::fused {

/// KL(N(μ, σ²) ‖ N(0, I)) = −½ Σ (1 + log σ² − μ² − σ²) of one item, in nats.
double kl_from_standard_normal(const Flow& mean, const Flow& log_variance, int64_t item);

/// log N(z; μ, σ²) + ½ D log 2π = −½ Σ (log σ² + (z − μ)² / σ²) of D values, in nats.
float log_density(const float* mean, const float* log_variance, const float* z, int64_t width);

/// log N(z; 0, I) + ½ D log 2π = −½ Σ z²
float standard_log_density(const float* z, int64_t width);

/// What becomes of the encoder's output before the decoder reads it.
class Code {
 public:
  virtual ~Code() = default;

  /// What the decoder reads: the code, and behind it a condition where the model has one.
  virtual Flow& decoder_input() = 0;

  virtual void add_forward(Program& program) = 0;

  /// The gradient of what the decoder reads -> that of the encoder's outputs.
  virtual void add_backward(Program& program) = 0;
};

/// The code as it is.
class PlainCode : public Code {
 public:
  PlainCode(Flow& code, int64_t condition_width, const Step& step);

  Flow& decoder_input() override { return joins_ ? joined_ : code_; }
  void add_forward(Program& program) override;
  void add_backward(Program& program) override;

 private:
  Flow& code_;
  bool joins_;
  Flow joined_;
};

/// z = μ + exp(½ log σ²) · ε, some samples of each row of μ (gaussian.h); μ itself at inference.
class SampledCode : public Code {
 public:
  /// ε is drawn for the `purpose`.
  SampledCode(Flow& mean, Flow& log_variance, std::string purpose, int64_t samples,
              int64_t condition_width, const Step& step);

  Flow& decoder_input() override { return samples_; }
  void add_forward(Program& program) override;
  void add_backward(Program& program) override;

 private:
  Flow &mean_, &log_variance_;
  std::string purpose_;
  int64_t each_;  // samples of a row
  const Step& step_;
  Flow samples_;
  Floats noise_;  // [items, samples, code]

  void draw(const Shard& shard);
  void differentiate(const Shard& shard);
};

}  // namespace hourglass::training::fused
