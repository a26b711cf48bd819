#pragma once

#include <cstdint>

namespace hourglass::kernels {

/// Items of independent Bernoulli variables: their probabilities and what was found of them. Any alignment.
struct BernoulliRows {
  int64_t rows = 0, columns = 0;
  const float* probabilities = nullptr;  ///< [rows, columns]
  const float* values = nullptr;         ///< [columns], of 0 … 1; NaN where it is not known
  int64_t value_stride =
      0;            ///< from the values of a row to those of the next; 0: all have the same
  float least = 0;  ///< of a probability, and of 1 minus it; more than 0
};

/// Of each row, in nats: Σⱼ xⱼ ln pⱼ + (1 − xⱼ) ln(1 − pⱼ), the probabilities clamped to `least` … 1 − `least`. A value
/// that is not known has no part; a probability that is NaN makes its row NaN.
void bernoulli_log_density(const BernoulliRows& items, double* out);

}  // namespace hourglass::kernels
