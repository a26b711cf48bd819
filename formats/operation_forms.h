#pragma once

#include "hourglass/formats/graph.h"

#include <cstddef>
#include <optional>
#include <string>

namespace hourglass::formats {

// ATen has several names and forms for some operations; a graph has one.

/// Whether an operation gives what it is given, in evaluation mode: contiguous, dropout.
bool changes_nothing(const std::string& name);

/// Whether an operation tells the number, shape or type of tensors, which is nothing of their values.
bool tells_form(const std::string& name);

/// Puts an operation into its common form: convolutions under the name of what they are (aten::conv1d …
/// aten::conv_transpose2d), with a number for each dimension; casts as aten::to.dtype to `type`, that
/// of the result.
void use_common_form(Operation& operation, const Graph& graph, at::ScalarType type);

/// The scale that an upsampling is told for a dimension of the image; none where it follows from
/// the sizes. ATen computes with it, however the sizes were rounded.
std::optional<double> told_scale(const Operation& operation, size_t dimension);

/// Whether an operation's results are zeros whatever the items.
bool gives_zeros(const Operation& operation, const Graph& graph);

}  // namespace hourglass::formats
