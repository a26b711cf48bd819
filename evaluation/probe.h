#pragma once

#include "hourglass/evaluation/standardisation.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

struct ProbeOptions {
  /// λ of the objective Σ cross-entropy + λ/2 · ‖weight‖²: the inverse of scikit-learn's C.
  double l2 = 1.0;
  int64_t max_steps = 1000;  ///< of L-BFGS
  double tolerance = 1e-6;   ///< converged when no entry of the gradient of the mean exceeds it
};

/// A linear classifier of codes: how much of the classes the code shows without further layers. D
/// is the size of a code, C the number of classes.
struct LinearProbe {
  Standardisation standard;  ///< float64, of the training codes
  at::Tensor weight;         ///< [C, D] float64, for standardised codes
  at::Tensor bias;           ///< [C] float64
  at::Tensor classes;        ///< [C] int64, the labels seen in training, rising

  /// Codes [N, shape…] -> labels [N] int64.
  at::Tensor predict(const at::Tensor& codes) const;

  /// The share of codes that get their label.
  double accuracy(const at::Tensor& codes, const at::Tensor& labels) const;
};

/// Multinomial logistic regression on standardised codes, trained to convergence with L-BFGS from
/// zero: the same codes give the same probe. `codes` is [N, shape…], `labels` int64 [N]. Throws
/// `Error` when the lengths differ, when there are fewer than two classes, or when a code is not
/// finite.
LinearProbe fit_linear_probe(const at::Tensor& codes, const at::Tensor& labels,
                             const ProbeOptions& options = {});

}  // namespace hourglass::evaluation
