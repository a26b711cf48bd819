#pragma once

#include <ATen/core/Tensor.h>

namespace hourglass::evaluation {

/// Each value of a code less the mean of its component, over its standard deviation.
struct Standardisation {
  at::Tensor mean, deviation;  ///< [D]; of a component that does not vary the deviation is 1

  at::Tensor apply(const at::Tensor& codes) const;
  at::Tensor undo(const at::Tensor& codes) const;
};

/// By mean and deviation of the population `codes` [N, D], of their type.
Standardisation standardisation_of(const at::Tensor& codes);

}  // namespace hourglass::evaluation
