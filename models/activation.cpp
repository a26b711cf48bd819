#include "hourglass/models/activation.h"

#include <ATen/ATen.h>

namespace hourglass::models {

at::Tensor activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::Linear: return x;
    case Activation::Relu: return at::relu(x);
    case Activation::LeakyRelu: return at::leaky_relu(x);
    case Activation::Elu: return at::elu(x);
    case Activation::Selu: return at::selu(x);
    case Activation::Gelu: return at::gelu(x);
    case Activation::Silu: return at::silu(x);
    case Activation::Softplus: return at::softplus(x);
    case Activation::Tanh: return at::tanh(x);
    case Activation::Sigmoid: return at::sigmoid(x);
  }
  return x;
}

}  // namespace hourglass::models
