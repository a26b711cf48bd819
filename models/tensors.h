#pragma once

#include "hourglass/core/named_tensor.h"

#include <torch/nn/module.h>

#include <string>

namespace hourglass::models {

/// The parameters and buffers of a module by name: the tensors themselves, not copies.
TensorMap named_tensors(const torch::nn::Module& module);

/// The same as copies: in memory order of their shape, without gradients, on the module's device.
TensorMap copied_tensors(const torch::nn::Module& module);

/// What is in bfloat16 as float32, other types as they are: products may be in bfloat16; densities,
/// distances and probabilities are not.
at::Tensor widened(const at::Tensor& values);

/// A number for each row, B in all, in the shape that multiplies tensors of so many dimensions: [B, 1, …].
at::Tensor per_row(const at::Tensor& numbers, int64_t dimensions);

/// Whether a buffer counts something, in whole numbers, rather than being part of what is computed.
bool is_counter(const at::Tensor& tensor);

/// Copies `tensors` into the module's parameters and buffers; those it lacks are ignored, and
/// counters that `tensors` lacks, as files of version 0.1 do, stay as they are. Throws `Error`,
/// beginning with `where` and naming the tensor, when another one is missing or has another shape;
/// the module is unchanged then.
void load_tensors(torch::nn::Module& module, const TensorMap& tensors, const std::string& where);

}  // namespace hourglass::models
