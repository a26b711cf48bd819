#include "hourglass/training/fused/code_and_weights.h"

#include <array>

namespace hourglass::training::fused {
namespace {

/// Of kLanes values, which the compiler takes together: rows are padded to them with zeros.
float squared_norm(const float* values) {
  std::array<float, kernels::kLanes> squares;
  for (size_t j = 0; j < squares.size(); ++j) squares[j] = values[j] * values[j];
  for (size_t half = squares.size() / 2; half > 0; half /= 2) {
    for (size_t j = 0; j < half; ++j) squares[j] += squares[j + half];
  }
  return squares[0];
}

/// Visits the places in the matrix at which the kLanes values of a shard's part begin.
template <class Visit>
void for_lines(const Parameter& parameter, int part, int parts, Visit visit) {
  const MatrixPart own = part_of(parameter, part, parts);
  for (int64_t i = own.first_row; i < own.first_row + own.rows; ++i) {
    for (int64_t j = 0; j < own.columns; j += kernels::kLanes) {
      visit(i * parameter.stride + own.first_column + j);
    }
  }
}

}  // namespace

void CodeAndWeights::forward(const Shard& shard) {
  double code = 0, norm = 0;
  for_items(shard, [&](int64_t i) {
    const float* z = code_.row(i);
    for (int64_t j = 0; j < code_.width; ++j) code += 0.5 * z[j] * z[j];
  });
  for (const size_t number : weights_) {
    const float* weight = parameters_.values(number);
    for_lines(parameters_.at(number), shard.index, step_.shards,
              [&](int64_t at) { norm += squared_norm(weight + at); });
  }
  sum(shard) = code;
  metric_sum(shard) = norm;
}

void CodeAndWeights::backward(const Shard& shard) {
  const auto of_code = static_cast<float>(step_.term_weights[1] / items());
  for_items(shard, [&](int64_t i) {
    const float* z = code_.row(i);
    float* gradient = code_.gradient_row(i);
    for (int64_t j = 0; j < code_.width; ++j) gradient[j] += of_code * z[j];
  });
}

void CodeAndWeights::add_to_weights(const Shard& shard) {
  const auto factor = static_cast<float>(2 * step_.term_weights[2] * share_of_batch());
  for (const size_t number : weights_) {
    const float* weight = parameters_.values(number);
    float* gradient = parameters_.gradient(number, 0);
    for_lines(parameters_.at(number), shard.index, step_.shards, [&](int64_t at) {
      for (int64_t j = at; j < at + kernels::kLanes; ++j) gradient[j] += factor * weight[j];
    });
  }
}

}  // namespace hourglass::training::fused
