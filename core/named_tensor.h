#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace hourglass {

/// A tensor and what it is called: a parameter, a layer's output, an array of an NPZ file.
struct NamedTensor {
  std::string name;
  at::Tensor value;
};

}  // namespace hourglass
