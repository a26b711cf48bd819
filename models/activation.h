#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/kernels/activation.h"

#include <ATen/core/Tensor.h>

#include <utility>

namespace hourglass::kernels {

constexpr auto names_of(Activation) {
  return std::to_array<EnumName<Activation>>({{Activation::Linear, "linear"},
                                              {Activation::Relu, "relu"},
                                              {Activation::LeakyRelu, "leaky-relu"},
                                              {Activation::Elu, "elu"},
                                              {Activation::Selu, "selu"},
                                              {Activation::Gelu, "gelu"},
                                              {Activation::Silu, "silu"},
                                              {Activation::Softplus, "softplus"},
                                              {Activation::Tanh, "tanh"},
                                              {Activation::Sigmoid, "sigmoid"}});
}

}  // namespace hourglass::kernels

namespace hourglass::models {

using kernels::Activation;

/// The function applied to each element, with PyTorch's default constants (leaky ReLU slope 0.01,
/// ELU α 1).
at::Tensor activate(Activation activation, const at::Tensor& x);

}  // namespace hourglass::models
