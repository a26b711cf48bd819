#pragma once

namespace hourglass::kernels {

/// Functions of one value, with PyTorch's default constants: leaky ReLU slope 0.01, ELU α 1, GELU by
/// the error function.
enum class Activation { Linear, Relu, LeakyRelu, Elu, Selu, Gelu, Silu, Softplus, Tanh, Sigmoid };

/// Whether f'(a) can be told from f(a); of the others it has to be kept.
constexpr bool slope_follows_from_value(Activation activation) {
  return activation != Activation::Gelu && activation != Activation::Silu;
}

}  // namespace hourglass::kernels
