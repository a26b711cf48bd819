#pragma once

#include "hourglass/kernels/lstm.h"
#include "hourglass/training/fused/flow.h"
#include "hourglass/training/fused/parameters.h"
#include "hourglass/training/fused/program.h"

#include <cstdint>
#include <map>
#include <string>

namespace hourglass::training::fused {

/// What both directions of an LSTM layer have in common.
struct LstmSizes {
  int64_t steps, features, units;
  int64_t samples;  ///< sequences of an item
  int64_t most_items;
  bool last_state_alone;
  bool input_gradient;  ///< whether it is asked for
};

/// Rows of a shard's n sequences: T · n of them, sorted by step; or n, where all steps are the same.
struct StepRows {
  float* data;
  int64_t stride;
};

/// An LSTM that reads sequences one way.
///
/// All that a shard of n sequences keeps lies as [T, n, …], so that a step reads and writes rows
/// that follow each other, and products over all steps are one. The gates of a cell are kept padded:
/// [T, n, 4, U], and so are the kernels: [F, 4, U] and [U, 4, U].
class LstmDirection {
 public:
  /// The tensors are "input_kernel", "recurrent_kernel" and "bias", each with `suffix`.
  LstmDirection(const LstmSizes& sizes, const std::map<std::string, at::Tensor>& tensors,
                const std::string& suffix, bool backwards, Parameters& parameters,
                const std::string& layer_name);

  /// Writes the hidden states of all steps, or the last one.
  void forward(const Shard& shard, const StepRows& input, bool same_steps, const StepRows& hidden);

  struct Gradients {
    StepRows input;  ///< not read where none is asked for
    bool add_to_input;
    StepRows hidden;  ///< of what `forward` wrote
  };
  /// Reads what `forward` was given and wrote, once more.
  void backward(const Shard& shard, const StepRows& input, bool same_steps, const StepRows& hidden,
                const Gradients& gradients);

  /// One of so many parts of what is derived from the parameters.
  void refresh(int part, int parts);

 private:
  const LstmSizes sizes_;
  const bool backwards_;
  const int64_t gates_;  // of a row, padded: 4U
  Parameters* parameters_;
  size_t input_kernel_, recurrent_kernel_, bias_;
  Floats input_columns_, recurrent_columns_;  // the kernels transposed: [4U, F] if needed, [4U, U]
  Floats gate_rows_, cells_, cell_tanhs_;     // [T, n, …]
  Floats hidden_rows_;                        // [T, n, U] where they are not the layer's output
  Floats offsets_, gate_sums_;                // [n, 4U]: what is the same in all steps
  Floats hidden_gradient_, cell_gradient_;    // [n, U]
  Floats zeros_;                              // [U]

  struct Part;  // the memory of a shard
  Part part(const Shard& shard, const StepRows& hidden) const;
  kernels::RowsOf zeros() const { return {zeros_.data(), 0}; }
  int64_t time(int64_t step) const { return backwards_ ? sizes_.steps - 1 - step : step; }
  kernels::RowsOf cell_before(const Part& part, int64_t step) const;
  void forward_step(const Part& part, int64_t step, const kernels::RowsOf& offsets);
  void backward_step(const Part& part, int64_t step, const StepRows& hidden_gradient,
                     const kernels::MutableRowsOf& gate_sums);
  void kernel_gradients(const Part& part, int shard, const StepRows& input, bool same_steps);
};

}  // namespace hourglass::training::fused
