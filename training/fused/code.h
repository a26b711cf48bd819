#pragma once

#include "hourglass/training/fused/layer.h"

#include <cstdint>

namespace hourglass::training::fused {

/// KL(N(μ, σ²) ‖ N(0, I)) = −½ Σ (1 + log σ² − μ² − σ²) of one item, in nats.
double kl_from_standard_normal(const Flow& mean, const Flow& log_variance, int64_t item);

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

/// z = μ + exp(½ log σ²) · ε, some samples of each item (gaussian.h); μ itself at inference.
class SampledCode : public Code {
 public:
  SampledCode(Flow& mean, Flow& log_variance, int64_t samples, int64_t condition_width,
              const Step& step);

  Flow& decoder_input() override { return samples_; }
  void add_forward(Program& program) override;
  void add_backward(Program& program) override;

 private:
  Flow &mean_, &log_variance_;
  const Step& step_;
  Flow samples_;
  Floats noise_;  // [items, samples, code]

  void draw(const Shard& shard);
  void differentiate(const Shard& shard);
};

}  // namespace hourglass::training::fused
