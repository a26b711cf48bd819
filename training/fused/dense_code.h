#pragma once

#include "hourglass/training/fused/dictionary.h"
#include "hourglass/training/fused/latent_gradients.h"
#include "hourglass/training/fused/layer.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// The same sums as SparseDecoder's and LatentGradients', by dense products: 8 · B · D · W operations, however many
/// latents are active. For codes that no selection keeps sparse, at the start of a training say: above an eighth
/// of all latents it is the faster way.
class DenseCode {
 public:
  /// `code`: [B, W], written here. Of a dictionary with one prefix.
  DenseCode(const Dictionary& dictionary, const Flow& code, const Step& step);

  /// Whether so many active latents of a batch are too many for rows one by one.
  bool suits(int64_t active) const { return 8 * active > step_.items * dictionary_.latents; }

  // For each shard of items; `code` holds it.

  /// Without the bias.
  void decode(const Shard& shard, const Flow& reconstruction) const;
  /// The gradient of what is active, from that of the reconstruction.
  void differentiate(const Shard& shard, const Flow& error, ActiveLatents& active);
  /// Once the gradients are those of the pre-activations.
  void keep_gradients(const Shard& shard, const ActiveLatents& active);

  /// For some latents, once all items are kept: the rows of both gradients.
  void write_rows(const LatentGradients::Range& latents, const Flow& error,
                  const Flow& centered) const;

 private:
  /// What a shard works with.
  struct Work {
    Floats columns, tile;
    std::vector<int64_t> next;  // of each item: the first active latent that is still to come
  };
  const Dictionary dictionary_;
  const Flow& code_;
  const Step& step_;
  Floats gradients_;  // [B, W], of pre-activations
  std::vector<Work> works_;
};

}  // namespace hourglass::training::fused
