#pragma once

#include "hourglass/training/fused/dictionary.h"
#include "hourglass/training/fused/layer.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// x̂ = Σ f · W_dec row + b_dec over the active latents, its squared error, and the gradient of f. A row of
/// the decoder is read for each active latent: 2 · D operations to decode, 2 · D for the gradient.
///
/// A nested (Matryoshka) dictionary has a reconstruction of every prefix of its latents, each with its
/// own error; the errors are summed. Latents ascend, so each reconstruction goes on from the one before.
class SparseDecoder {
 public:
  /// `prefixes`: numbers of latents, ascending, the last W.
  SparseDecoder(const Dictionary& dictionary, std::vector<int64_t> prefixes, const Flow& target,
                const Step& step);

  /// The reconstruction of every prefix, without the bias.
  void decode(const Shard& shard, const ActiveLatents& active);
  /// That of all latents, with the bias, in place.
  void add_bias(const Shard& shard);
  /// The squared errors, and the gradients 2 / B · (x̂ − x) in place of the reconstructions.
  void compare(const Shard& shard);
  /// Each prefix's gradient becomes the sum of those that contain it: what its latents see.
  void sum_gradients(const Shard& shard);
  /// The gradient of f, 〈gradient of the reconstruction, W_dec row〉.
  void differentiate(const Shard& shard, ActiveLatents& active) const;

  const std::vector<int64_t>& prefixes() const { return prefixes_; }
  const Flow& reconstruction(size_t prefix) const { return reconstructions_[prefix]; }
  const Flow& output() const { return reconstructions_.back(); }

  /// Of the last batch: the mean over its items of ‖x̂ − x‖².
  double squared_error(size_t prefix) const;

 private:
  const Dictionary dictionary_;
  std::vector<int64_t> prefixes_;
  const Flow& target_;
  const Step& step_;
  std::vector<Flow> reconstructions_;      // of each prefix; then their gradients
  std::vector<std::vector<double>> sums_;  // of each prefix a shard each

  template <class Work>
  void for_parts(const ActiveLatents& active, int64_t item, Work work) const;
};

}  // namespace hourglass::training::fused
