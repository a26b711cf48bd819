#pragma once

#include "hourglass/training/fused/dictionary.h"
#include "hourglass/training/fused/layer.h"
#include "hourglass/training/fused/sparse_decoder.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// The active latents of a batch once more, grouped by latent, and the gradients of the parameters:
///
///   dW_dec row = Σ f · dx̂, dW_enc row = Σ dp · (x − b_dec), db_enc = Σ dp over the items of the latent,
///   db_dec = Σ dx̂ − Σ over latents of db_enc · W_enc row.
///
/// Grouping is a counting sort: how often each shard has each latent, where its items go, and the items.
/// Each shard then owns some of the latents and writes their rows of the one gradient: nothing is set to
/// zero before or summed after, and the sums run over the items in order, however many shards there are. An
/// active latent of an item costs 4 · D operations, each row 4 · D bytes written for each matrix.
class LatentGradients {
 public:
  /// `centered`: what the encoder read; `subtracts_bias`: whether b_dec was taken from it.
  LatentGradients(const Dictionary& dictionary, const SparseDecoder& decoder, const Flow& centered,
                  bool subtracts_bias, const Step& step);

  /// The latents that a shard owns: of all about the same work.
  struct Range {
    int64_t first = 0, end = 0;
  };
  Range latents_of(const Shard& shard) const;

  /// For each shard of items, once the gradients of its pre-activations are there. What is listed for its
  /// threshold alone, with the value 0, is only summed.
  void count(const Shard& shard, const ActiveLatents& active);
  /// Once all are counted.
  void arrange();
  /// For each shard of items; then all have to be done.
  void place(const Shard& shard, const ActiveLatents& active);
  /// For each shard of latents: their rows.
  void write_rows(const Shard& shard);
  /// And their biases and thresholds; further gradients may be added then.
  void write_biases(const Shard& shard);
  /// For each shard, once the gradients of its latents' biases are whole: its part of db_dec.
  void add_to_decoder_bias(const Shard& shard);
  /// Once all have.
  void write_decoder_bias();

  /// Whether the latent was active for any item.
  bool fired(int64_t latent) const { return begin_of(latent) < ends_[static_cast<size_t>(latent)]; }
  /// Σ f over the batch.
  float sum_of_values(int64_t latent) const { return value_sums_[static_cast<size_t>(latent)]; }

 private:
  const Dictionary dictionary_;
  const SparseDecoder& decoder_;
  const Flow& centered_;
  bool subtracts_bias_;
  const Step& step_;
  std::vector<std::vector<int64_t>> counts_;  // [shards][W]; then where the shard's next one goes
  std::vector<int64_t> ends_;                 // [W]
  std::vector<int64_t> first_of_shard_;       // [shards + 1]
  // Of each active latent of an item, grouped by latent:
  std::vector<int32_t> items_;
  std::vector<float> values_, gradients_;
  std::vector<std::vector<float>> threshold_sums_;  // [shards][W], where there are thresholds
  std::vector<float> value_sums_;                   // [W]
  Floats bias_parts_;                               // [shards, D padded]
  std::vector<std::vector<int32_t>> rows_;   // of a shard: latents with a gradient of their bias
  std::vector<std::vector<float>> factors_;  // and that gradient, negative

  int64_t begin_of(int64_t latent) const {
    return latent == 0 ? 0 : ends_[static_cast<size_t>(latent - 1)];
  }
  void share_latents();
  void write_thresholds(const Shard& shard);
};

}  // namespace hourglass::training::fused
