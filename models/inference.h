#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::models {

/// Computes methods of an exported model without its program: "forward", "encode", "decode",
/// "encode_distribution". Without gradients, on the CPU.
class Inference {
 public:
  virtual ~Inference() = default;

  /// What the method gives for its arguments, B rows each (items or codes, and the condition where
  /// the model takes one): tensors [B, shape…]. Empty where this does not compute the method.
  virtual std::vector<at::Tensor> run(const std::string& method,
                                      const std::vector<at::Tensor>& arguments) = 0;
};

}  // namespace hourglass::models
