#pragma once

#include "hourglass/models/autoencoder.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cstdint>

namespace hourglass {

/// A first step whose sampling starts from `seed`.
inline models::StepContext step_with_seed(uint64_t seed) {
  return {.generator = at::detail::createCPUGenerator(seed)};
}

/// A plain autoencoder's batch: the input is the target.
inline Batch batch_of(const at::Tensor& x) { return {.input = x, .target = x}; }

/// Writes into one of the module's parameters.
inline void set_parameter(torch::nn::Module& module, const std::string& name,
                          const at::Tensor& values) {
  const at::NoGradGuard no_grad;
  module.named_parameters()[name].copy_(values);
}

}  // namespace hourglass
