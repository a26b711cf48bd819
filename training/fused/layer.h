#pragma once

#include "hourglass/core/processes.h"
#include "hourglass/core/row_random.h"
#include "hourglass/training/fused/flow.h"
#include "hourglass/training/fused/parameters.h"
#include "hourglass/training/fused/program.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace hourglass::training::fused {

/// What all parts of a step may ask about the batch at hand.
struct Step {
  int64_t items = 0;        ///< in the batch, of this process
  int64_t batch_items = 0;  ///< of all processes: what means are over
  bool training = false;    ///< false while validating and at inference
  /// Whether no step will ever train, so that one sample of an item's code is enough.
  bool only_infers = false;
  int64_t most_items = 0;  ///< that a batch ever has
  int shards = 1;          ///< that the batch is cut into
  int most_shards = 1;
  const Processes& processes = kAlone;  ///< that have the batch's other items

  // For what is drawn at random or weighed; not of inference.
  const RowRandom* random = nullptr;
  std::span<const int64_t> rows = {};  ///< the numbers of the batch's items in their data set
  std::vector<double> term_weights = {1, 1};  ///< of the phase's terms

  /// For so many items of a batch: each shard gets one at least.
  void begin(int64_t count, int64_t count_of_all) {
    items = count;
    batch_items = count_of_all;
    shards = static_cast<int>(std::min<int64_t>(most_shards, count));
  }
};

/// A layer that computes forward and backward by hand. Memory is allocated when it is built; a step
/// allocates no tensors.
class Layer {
 public:
  virtual ~Layer() = default;

  /// What it gives; the next layer reads it, and writes its gradient.
  virtual Flow& output() = 0;

  /// Input -> output.
  virtual void add_forward(Program& program) = 0;

  /// The output's gradient, which may be overwritten, -> that of the input where it has one, and those
  /// of the parameters, of each shard apart, that `add_weight_gradients` does not give. Overwrites
  /// them, but adds where it `adds`.
  virtual void add_backward(Program& program) = 0;

  /// Once all shards have gone backward: the gradients of the whole batch, of which each shard writes
  /// its parts of the parameters (see `part_of`) into the first shard's.
  virtual void add_weight_gradients(Program& /*program*/) {}

  /// Whether these are all that it has.
  virtual bool has_one_gradient() const { return false; }

  /// What is derived from the parameters, once they have changed: each shard does a part.
  virtual void add_refresh(Program& /*program*/) {}

  /// Asked of the last layer: it may leave adding its bias to the pass that computes the loss, and
  /// gives the parameter's number then. Nothing where it has no bias, or adds it itself.
  virtual std::optional<size_t> leave_bias_to_loss() { return {}; }
};

/// Layers one after the other.
using Layers = std::vector<std::unique_ptr<Layer>>;

inline void add_forward(const Layers& layers, Program& program) {
  for (const auto& layer : layers) layer->add_forward(program);
}

inline void add_backward_reversed(const Layers& layers, Program& program) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    (*layer)->add_backward(program);
  }
}

inline void add_weight_gradients_reversed(const Layers& layers, Program& program) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    (*layer)->add_weight_gradients(program);
  }
}

inline void add_refresh(const Layers& layers, Program& program) {
  for (const auto& layer : layers) layer->add_refresh(program);
}

/// Work on each row of a shard's items.
template <class Work>
void for_rows(const Shard& shard, const Flow& flow, Work work) {
  const int64_t first = shard.first * flow.rows_per_item;
  for (int64_t row = first; row < first + shard.count * flow.rows_per_item; ++row) work(row);
}

/// Whether a layer's gradients are the first of a step to be written, or others came before: a
/// second reader of one flow, a second user of one weight.
struct Adds {
  bool to_input = false;
  bool to_weight = false;
};

}  // namespace hourglass::training::fused
