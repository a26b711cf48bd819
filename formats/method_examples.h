#pragma once

#include "hourglass/formats/graph.h"
#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <vector>

namespace hourglass::formats {

/// Made-up items for an argument, [B, …]: numbers in 0 … 1, whole numbers, or bytes.
at::Tensor example(const models::TensorMethod::Argument& argument, int64_t batch);

/// Those for all arguments of a method.
std::vector<at::Tensor> examples(const models::TensorMethod& method, int64_t batch);

/// Throws `Error` unless the graph gives what the method gives for a batch of another size than those
/// that a graph is built for.
void expect_same_results(const Graph& graph, const models::TensorMethod& method);

}  // namespace hourglass::formats
