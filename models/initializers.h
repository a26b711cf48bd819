#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

namespace hourglass::models {

/// How a layer's kernel starts. Biases start at zero. Numbers come from LibTorch's default
/// generator, so `torch::manual_seed` before a model is built fixes its weights.
enum class Initializer {
  GlorotUniform,  ///< uniform in ±√(6 / (fan_in + fan_out)): Glorot & Bengio 2010
  HeNormal,       ///< normal, σ² = 2 / fan_in, cut at ±2σ as Keras does it: He et al. 2015
};

constexpr auto names_of(Initializer) {
  return std::to_array<EnumName<Initializer>>(
      {{Initializer::GlorotUniform, "glorot-uniform"}, {Initializer::HeNormal, "he-normal"}});
}

/// Fills `kernel` in place. A fan is the number of inputs (outputs) that one output (input) is
/// connected to.
void initialize(Initializer initializer, at::Tensor& kernel, int64_t fan_in, int64_t fan_out);

}  // namespace hourglass::models
