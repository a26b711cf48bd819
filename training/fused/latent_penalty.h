#pragma once

#include "hourglass/training/fused/latent_gradients.h"
#include "hourglass/training/fused/sparse_encoder.h"

#include <memory>
#include <vector>

namespace hourglass::training::fused {

/// What a sparse objective adds to the squared error for the latents that are active, and what the
/// gradient of their values is for pre-activations and thresholds.
class LatentPenalty {
 public:
  /// `term`: its place among the phase's terms.
  LatentPenalty(const Dictionary& dictionary, const SparseEncoder& encoder, size_t term,
                const Step& step);
  virtual ~LatentPenalty() = default;

  /// For each shard of items: the penalty. While training also its gradient: what stood as the gradient of
  /// the values becomes that of the pre-activations.
  void compute(const Shard& shard, ActiveLatents& active);

  /// For each shard of latents, once their rows are written.
  virtual void add_to_rows(const LatentGradients& /*sums*/,
                           const LatentGradients::Range& /*latents*/) {}

  /// Of the last batch: the mean over its items, without the term's weight.
  double value() const;

 protected:
  const Dictionary dictionary_;
  const SparseEncoder& encoder_;
  const Step& step_;

  /// The penalty of the active latents from `first` to `end`, which are those of an item.
  virtual double of_item(const ActiveLatents& active, int64_t first, int64_t end) const = 0;
  virtual void differentiate_item(ActiveLatents& active, int64_t first, int64_t end) const = 0;

  /// λ / B
  float weight() const;

 private:
  size_t term_;
  std::vector<double> sums_;  // a shard each
};

/// Σ f · ‖W_dec row‖
class WeightedL1 : public LatentPenalty {
 public:
  using LatentPenalty::LatentPenalty;

  /// The norm's gradient, λ ⟨f⟩ · W_dec row / ‖W_dec row‖.
  void add_to_rows(const LatentGradients& sums, const LatentGradients::Range& latents) override;

 private:
  double of_item(const ActiveLatents& active, int64_t first, int64_t end) const override;
  void differentiate_item(ActiveLatents& active, int64_t first, int64_t end) const override;
};

/// ‖f‖₀ of JumpReLU, or 2 (‖f‖₀ − T)² / T where a target T is given. Thresholds θ learn by straight-through
/// estimates within half a bandwidth ε of them: −θ / ε of f, −1 / ε of ‖f‖₀.
class JumpPenalty : public LatentPenalty {
 public:
  JumpPenalty(const Dictionary& dictionary, const SparseEncoder& encoder, size_t term,
              const Step& step, double bandwidth, double target);

 private:
  float bandwidth_;
  double target_;  // 0: none

  double of_item(const ActiveLatents& active, int64_t first, int64_t end) const override;
  void differentiate_item(ActiveLatents& active, int64_t first, int64_t end) const override;
};

}  // namespace hourglass::training::fused
