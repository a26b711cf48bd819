#pragma once

#include <torch/nn/module.h>

#include <vector>

namespace hourglass::training {

/// All parameters of a model as one vector, of which each parameter becomes a view.
///
/// An optimizer step is then a handful of operations on long vectors instead of on every small
/// tensor, clipping is one norm, and a copy of all weights is one `clone`. P is the number of
/// values, padding included.
class FlatParameters {
 public:
  /// Moves the parameters into the vector. The model keeps working and must not be moved to another
  /// device later.
  explicit FlatParameters(const torch::nn::Module& model);

  /// [P] float32. Changing it in place changes the model.
  at::Tensor& values() { return values_; }
  const at::Tensor& values() const { return values_; }

  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  /// Gradients in the order of `parameters` (undefined ones count as zero) as one vector [P].
  at::Tensor flatten(const std::vector<at::Tensor>& gradients) const;

 private:
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor>
      paddings_;  // zeros behind each parameter, so that the next starts on a cache line
  at::Tensor values_;
};

}  // namespace hourglass::training
