#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/quantizers/finite_scalar_quantizer.h"

#include <ATen/ATen.h>

namespace hourglass::testing {

/// Averages and codebooks as after some training. The grid of finite scalars stays: it is fixed,
/// and another gives indices that lie beyond it.
inline void make_up_buffers(torch::nn::Module& module) {
  if (dynamic_cast<models::FiniteScalarQuantizer*>(&module)) return;
  for (auto& buffer : module.buffers(/*recurse=*/false)) {
    if (buffer.is_floating_point()) buffer.uniform_(0.5, 1.5);
  }
  for (const auto& child : module.children()) make_up_buffers(*child);
}

/// Weights that are not those of a fresh model: biases and averages have values, too. `noise` is
/// the standard deviation of what is added to each parameter.
inline void make_up_weights(models::Autoencoder& model, double noise) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.parameters()) parameter.add_(at::randn_like(parameter), noise);
  make_up_buffers(model);
}

}  // namespace hourglass::testing
