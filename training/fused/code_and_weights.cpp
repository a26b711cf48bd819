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

}  // namespace

CodeAndWeights::Part CodeAndWeights::part_of(size_t number, const Shard& shard) const {
  const Parameter& weight = parameters_.at(number);
  const int64_t first = weight.rows * shard.index / step_.shards;
  const int64_t end = weight.rows * (shard.index + 1) / step_.shards;
  return {first * weight.stride, (end - first) * weight.stride};
}

void CodeAndWeights::forward(const Shard& shard) {
  double code = 0, norm = 0;
  for_items(shard, [&](int64_t i) {
    const float* z = code_.row(i);
    for (int64_t j = 0; j < code_.width; ++j) code += 0.5 * z[j] * z[j];
  });
  for (const size_t number : weights_) {
    const Part part = part_of(number, shard);
    const float* weight = parameters_.values(number) + part.first;
    for (int64_t j = 0; j < part.count; j += kernels::kLanes) norm += squared_norm(weight + j);
  }
  sum(shard) = code;
  metric_sum(shard) = norm;
}

// After the decoder's backward pass, which wrote the weights' gradients.
void CodeAndWeights::backward(const Shard& shard) {
  const auto of_code = static_cast<float>(step_.term_weights[1] / items());
  const auto of_weights = static_cast<float>(2 * step_.term_weights[2] * share_of_batch());
  for_items(shard, [&](int64_t i) {
    const float* z = code_.row(i);
    float* gradient = code_.gradient_row(i);
    for (int64_t j = 0; j < code_.width; ++j) gradient[j] += of_code * z[j];
  });
  for (const size_t number : weights_) {
    const Part part = part_of(number, shard);
    const float* weight = parameters_.values(number) + part.first;
    float* gradient = parameters_.gradient(number, shard.index) + part.first;
    for (int64_t j = 0; j < part.count; ++j) gradient[j] += of_weights * weight[j];
  }
}

}  // namespace hourglass::training::fused
