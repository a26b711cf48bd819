#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

// What the measures on codes share. N is the number of codes, D the size of one.

/// [N, shape…] -> [N, D] of the given floating type, on the CPU. Throws `Error` when there are no
/// codes, or naming the first value that is not finite.
at::Tensor code_matrix(const at::Tensor& codes, at::ScalarType type = at::kDouble);

/// Throws `Error` unless there is one label, int64, a code.
void expect_label_each(const at::Tensor& labels, int64_t count);

/// The population's covariance [D, D] of float64 `codes` [N, D].
at::Tensor population_covariance(const at::Tensor& codes);

/// Eigenvalues of a covariance below this share of the largest cannot be told from 0: the codes are
/// float32, and standard deviations below D · 2⁻²³ of the largest are their rounding.
double covariance_tolerance(int64_t width);

}  // namespace hourglass::evaluation
