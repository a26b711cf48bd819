#pragma once

#include "hourglass/kernels/selection.h"
#include "hourglass/training/fused/dictionary.h"
#include "hourglass/training/fused/layer.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::training::fused {

/// Which pre-activations p become active: those whose key s = p · scale is above the latent's floor, and of
/// these the largest. Those that equal the last of these are taken, too.
struct Selection {
  int64_t of_item = 0;   ///< so many of an item; 0: all
  int64_t of_batch = 0;  ///< so many times the items of a batch, of all items together; 0: all
};

/// p = (x − b_dec) W_encᵀ + b_enc, of which only what a selection keeps is ever stored.
///
/// The product is the only dense one of a sparse step: 2 · B · D · W operations. It is computed in tiles
/// of some items by 32 latents, and a tile is sifted while it is in the first cache. For that the weight
/// lies in panels of 32 latents, made anew after each change: 8 · D · W bytes a step.
///
/// The largest of an item are found while its tiles pass: what is above the item's bound is kept in a list,
/// and when the list is long the bound becomes the k-th largest so far. The largest of a batch likewise,
/// with one bound for all; it begins a little below the last batch's, which leaves few too many. Where
/// it leaves too few, the shard begins again without one: the selection is exact in any case.
class SparseEncoder {
 public:
  /// `scales_by_norm`: keys are p · ‖W_dec row‖, else p. `subtracts_bias`: b_dec, from the input.
  SparseEncoder(const Dictionary& dictionary, bool scales_by_norm, bool subtracts_bias,
                const Flow& input, const Step& step);

  /// Selects for each shard. The floors are `floors()`.
  void add_forward(Program& program, Selection training, Selection inference);
  void add_refresh(Program& program);

  /// [W], to be written by whoever knows them, once parameters have changed.
  float* floors_of_training() const { return training_floors_.data(); }
  float* floors_of_inference() const { return inference_floors_.data(); }

  const Flow& centered() const { return centered_; }      ///< x − b_dec
  const float* scales() const { return scales_.data(); }  ///< [W]
  const float* norms() const { return norms_.data(); }    ///< [W]: of the decoder's rows
  ActiveLatents& active(const Shard& shard) { return works_[index(shard)].active; }
  const ActiveLatents& active(const Shard& shard) const { return works_[index(shard)].active; }

  /// The least key that a selection from the whole batch kept; 0 where it kept none.
  float least_kept() const { return least_kept_; }

 private:
  /// What a shard works with.
  struct Work {
    ActiveLatents active;
    Floats tile;
    // Lists of a block of items.
    std::unique_ptr<float[]> keys;
    std::unique_ptr<int32_t[]> columns;
    std::vector<int64_t> counts;
    std::vector<float> bounds;
    float bound = 0;  // of a selection from the batch
  };

  const Dictionary dictionary_;
  const bool scales_by_norm_;
  const Flow& input_;
  const Step& step_;
  int64_t panels_, list_stride_;
  Flow centered_;
  bool subtracts_bias_;
  Floats packed_;  // [panels, D, 32]
  Floats biases_, scales_, norms_, training_floors_, inference_floors_;
  std::vector<Work> works_;
  std::vector<float> all_keys_;
  float guess_ = 0;  // a bound that the next batch may begin with
  float least_kept_ = 0;
  bool begins_again_ = false;

  static size_t index(const Shard& shard) { return static_cast<size_t>(shard.index); }
  void refresh(int part, int parts);
  void center(const Shard& shard) const;
  void select(const Shard& shard, const Selection& selection, float bound);
  void select_block(const Shard& block, const Selection& selection, Work& work);
  void raise_bounds(int64_t items, const Selection& selection, Work& work) const;
  void append_item(const Work& lists, int64_t item, const Selection& selection,
                   ActiveLatents& active) const;
  void find_least_of_batch(const Selection& selection);
  bool gather_keys(bool had_bound);
  void keep_of_batch(const Shard& shard);
  void give_values(ActiveLatents& active) const;
};

}  // namespace hourglass::training::fused
