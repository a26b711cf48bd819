#pragma once

#include "hourglass/formats/graph.h"
#include "hourglass/formats/method_examples.h"
#include "hourglass/models/autoencoder.h"

#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace hourglass::formats {

/// The operations of a TorchScript method, traced or scripted, of ours or a third party's. The
/// arguments say what it takes; `module` is in evaluation mode.
///
/// The method is computed for batches of two sizes: what differs is the batch's, and branches go where
/// the model's own values lead. Convolutions come as aten::conv1d … conv_transpose2d; what changes
/// no value (contiguous, dropout) is left out. What does not grow evenly with the batch shows in
/// `expect_same_results`.
///
/// Throws `Error` for what is no list of operations: loops, branches that depend on items, or
/// results other than tensors; and where the method fails.
Graph script_graph(const torch::jit::Module& module, const std::string& method,
                   const std::vector<models::TensorMethod::Argument>& arguments);

}  // namespace hourglass::formats
