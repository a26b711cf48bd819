#pragma once

#include "hourglass/core/named_tensor.h"

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::training {

/// All parameters of a model as one vector, of which each parameter becomes a view.
///
/// An optimizer step is then a handful of operations on long vectors instead of on every small
/// tensor, and clipping is one norm. P is the number of values, padding included.
class FlatParameters {
 public:
  /// Moves the parameters into the vector. The model keeps working and must not be moved to another
  /// device later.
  explicit FlatParameters(const torch::nn::Module& model);

  /// Parameters that lie side by side, those of a phase say.
  struct Range {
    size_t first = 0, count = 0;   ///< of `parameters`
    int64_t offset = 0, size = 0;  ///< of the vector
  };

  /// The parameters of these child modules; of all where none is named. Throws `Error` when they
  /// are not registered one after the other, or have none.
  Range range(const std::vector<std::string>& modules) const;

  /// [P] float32. Changing it in place changes the model.
  at::Tensor values() const { return values_; }
  at::Tensor values(const Range& range) const;

  /// In the order of registration.
  std::vector<at::Tensor> parameters(const Range& range) const;

  /// Gradients in the order of `parameters(range)` (undefined ones count as zero) as one vector
  /// [range.size].
  at::Tensor flatten(const Range& range, const std::vector<at::Tensor>& gradients) const;

  /// The parts of a vector [range.size], in the shapes and under the names of the parameters: views
  /// of it.
  TensorMap named_parts(const Range& range, const at::Tensor& vector) const;

 private:
  struct Parameter {
    std::string name;
    at::Tensor tensor;
    at::Tensor padding;  // zeros behind it, so that the next starts on a cache line
    int64_t offset = 0;
  };
  std::vector<Parameter> parameters_;
  at::Tensor values_;
};

/// Kernels of convolutions in the memory order in which they are fast, channels last: a step of
/// `fashion-conv` takes half the time then (121 to 66 ms on 2 cores; benchmarks/).
void use_channels_last(const torch::nn::Module& model);

}  // namespace hourglass::training
