#pragma once

#include "hourglass/training/fused/latent_gradients.h"
#include "hourglass/training/fused/sparse_decoder.h"
#include "hourglass/training/fused/sparse_encoder.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace hourglass::training::fused {

/// The auxiliary loss that brings dead latents back (Gao et al. 2024, as SAELens has it): of the m dead
/// latents of a slice the K = D / 2 with the largest keys reconstruct what is missing, r = x − x̂, as it is:
///
///   c · min(m / K, 1) · ⟨‖a W_dec − r‖²⟩, a = p of those, negative ones too.
///
/// All is dense, over the rows of the dead latents alone, which are gathered first: 10 · B · D · m operations.
/// Nothing is done while none is dead. Memory grows with the most latents that were ever dead.
class AuxiliaryLoss {
 public:
  using Range = LatentGradients::Range;

  /// Of the latents of a slice, about what the reconstruction of `prefix` misses. c is the weight of the
  /// `term` among the phase's.
  AuxiliaryLoss(const Dictionary& dictionary, const SparseEncoder& encoder,
                const SparseDecoder& decoder, Range slice, size_t prefix, size_t term,
                const Step& step);

  /// Once, before the batch changes what is dead.
  void find_dead(const std::function<bool(int64_t latent)>& is_dead);
  /// For each shard: its part of the dead latents' rows; then all have to be done.
  void gather(const Shard& shard);
  /// For each shard of items, once the errors are there and before the prefixes' are summed.
  void compute(const Shard& shard);
  /// For each shard of latents, once their rows are written and all items computed.
  void add_gradients(const Range& latents);

  /// Of the last batch, with the factor min(m / K, 1) and without c.
  double value() const;
  int64_t dead() const { return std::ssize(latents_); }

 private:
  const Dictionary dictionary_;
  const SparseEncoder& encoder_;
  const SparseDecoder& decoder_;
  Range slice_;
  size_t prefix_, term_;
  const Step& step_;
  std::vector<int32_t> latents_;  // m dead ones, ascending
  int64_t room_ = 0;              // for so many
  Floats encoder_rows_, encoder_columns_, decoder_rows_, decoder_columns_;  // [m, D] and [D, m]
  Floats biases_, scales_;                                                  // [m]
  Floats keys_;                                                             // [shards, m]
  Floats activations_, gradients_;                                          // [B, m]
  Floats residuals_, reconstructions_;                                      // [B, D]
  Floats no_bias_;                                                          // [D]
  Floats sums_;                                                             // [m, D]
  std::vector<double> losses_;                                              // a shard each

  int64_t stride() const { return kernels::padded(dead()); }  // of rows of m values
  int64_t width_stride() const { return kernels::padded(dictionary_.width); }
  int64_t most() const;
  double scale() const;
  void choose(float* activations, float* keys) const;
  void reconstruct(const Shard& shard);
  void add_rows(int64_t first, int64_t end, const Floats& factors, const Floats& rows,
                int64_t row_stride, size_t parameter);
};

}  // namespace hourglass::training::fused
