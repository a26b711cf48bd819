#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace hourglass {

/// A tensor and what it is called: a parameter, a layer's output, an array of an NPZ file.
struct NamedTensor {
  std::string name;
  at::Tensor value;
};

/// Tensors by name, where their order says nothing: "encoder.dense1.weight" -> [O, I].
using TensorMap = std::map<std::string, at::Tensor>;

}  // namespace hourglass
