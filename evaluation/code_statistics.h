#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace hourglass::evaluation {

/// How a data set uses the units of a code. D is their number.
struct CodeStatistics {
  at::Tensor mean;             ///< [D] float64
  at::Tensor deviation;        ///< [D] float64, of the population
  at::Tensor least, greatest;  ///< [D] float64

  int64_t units = 0;       ///< D
  int64_t dead_units = 0;  ///< units with the same value for every item
  /// Units whose variance is above 0.01: for the means of a variational model, those that carry
  /// information (Burda, Grosse, Salakhutdinov: "Importance weighted autoencoders", 2016).
  int64_t active_units = 0;
  /// Directions that the codes span: eigenvalues of the covariance above (D · 2⁻²³)² of the
  /// largest, which is what float32 codes can tell from 0. None of more than 4,096 units.
  std::optional<int64_t> covariance_rank;
};

/// `codes` is [N, shape…]. Throws `Error` when there are no codes or one is not finite.
CodeStatistics code_statistics(const at::Tensor& codes);

}  // namespace hourglass::evaluation
