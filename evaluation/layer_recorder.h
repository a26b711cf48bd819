#pragma once

#include "hourglass/core/named_tensor.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace hourglass::evaluation {

/// What a method gave, and what the layers on its way gave.
struct RecordedRun {
  std::vector<NamedTensor> layers;  ///< in the order in which they finished
  std::vector<at::Tensor> results;
};

/// Calls `method` of any TorchScript module and records the output of every submodule that it
/// calls, under the submodule's full name ("encoder.0"; "relu (2)" for the second call of a shared
/// one). Of a submodule that returns several tensors the first is recorded. Not seen are layers
/// that a compiler removed by putting their code into the caller's (`torch.jit.freeze`), and
/// submodules chosen at run time through an interface.
///
/// The program runs as it is written, in the caller's gradient mode: everything recorded is part
/// of the results' graph, so that they can be differentiated with respect to it. The module stays
/// as it is. LibTorch's own exceptions are passed on.
RecordedRun run_recorded(const torch::jit::Module& module, const std::string& method,
                         const std::vector<at::Tensor>& arguments);

}  // namespace hourglass::evaluation
