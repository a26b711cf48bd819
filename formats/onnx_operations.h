#pragma once

#include "hourglass/formats/graph.h"
#include "hourglass/formats/onnx_emitter.h"

#include <c10/core/ScalarType.h>

#include <string>

namespace hourglass::formats::onnx {

// ATen's operations in ONNX's: each function adds the nodes of one operation and gives the names of
// its results. The table of all is in onnx_operations.cpp.

using Translate = Names (*)(Emitter& to, const Operation& operation);

/// How to write an operation; throws `Error` that names it and its layer where there is no way.
Translate find_translation(const Operation& operation);

/// "aten::foo in encoder.dense1: expected …, found …": what ONNX cannot say.
[[noreturn]] void refuse(const Operation& operation, const std::string& expected,
                         const std::string& found);

// ---- What translations share

/// The type of an operation's first result.
at::ScalarType result_type(const Emitter& to, const Operation& operation);

/// Whether an argument is a tensor, rather than a number.
bool is_tensor(const Operation& operation, const std::string& argument);

/// An argument that is a tensor or a number, as that type.
std::string operand_or_number(Emitter& to, const Operation& operation, const std::string& argument,
                              at::ScalarType type);

// ---- Element by element: onnx_elementwise.cpp

Names write_activation(Emitter& to, const Operation& operation);  ///< those with numbers
Names write_arithmetic(Emitter& to, const Operation& operation);
Names write_clamp(Emitter& to, const Operation& operation);
Names write_comparison(Emitter& to, const Operation& operation);
Names write_composed(Emitter& to, const Operation& operation);
Names write_filled(Emitter& to, const Operation& operation);
Names write_logical(Emitter& to, const Operation& operation);
Names write_masked_fill(Emitter& to, const Operation& operation);
Names write_power(Emitter& to, const Operation& operation);
Names write_to(Emitter& to, const Operation& operation);
Names write_unary(Emitter& to, const Operation& operation);
Names write_where(Emitter& to, const Operation& operation);

// ---- Layers: onnx_layers.cpp, onnx_images.cpp, onnx_recurrent.cpp

Names write_addmm(Emitter& to, const Operation& operation);
Names write_batch_norm(Emitter& to, const Operation& operation);
Names write_convolution(Emitter& to, const Operation& operation);
Names write_embedding(Emitter& to, const Operation& operation);
Names write_layer_norm(Emitter& to, const Operation& operation);
Names write_linear(Emitter& to, const Operation& operation);
Names write_matmul(Emitter& to, const Operation& operation);
Names write_prelu(Emitter& to, const Operation& operation);
Names write_softmax(Emitter& to, const Operation& operation);

Names write_adaptive_average(Emitter& to, const Operation& operation);
Names write_pad(Emitter& to, const Operation& operation);
Names write_pool(Emitter& to, const Operation& operation);
Names write_upsample_linear(Emitter& to, const Operation& operation);
Names write_upsample_nearest(Emitter& to, const Operation& operation);

Names write_gru(Emitter& to, const Operation& operation);
Names write_lstm(Emitter& to, const Operation& operation);

// ---- Where values are: onnx_places.cpp

Names write_cat(Emitter& to, const Operation& operation);
Names write_expand(Emitter& to, const Operation& operation);
Names write_gather(Emitter& to, const Operation& operation);
Names write_index_select(Emitter& to, const Operation& operation);
Names write_permutation(Emitter& to, const Operation& operation);
Names write_repeat(Emitter& to, const Operation& operation);
Names write_reshape(Emitter& to, const Operation& operation);
Names write_select(Emitter& to, const Operation& operation);
Names write_slice(Emitter& to, const Operation& operation);
Names write_split(Emitter& to, const Operation& operation);
Names write_stack(Emitter& to, const Operation& operation);
Names write_unbind(Emitter& to, const Operation& operation);

// ---- Of many values one: onnx_reductions.cpp

Names write_arg(Emitter& to, const Operation& operation);
Names write_extreme(Emitter& to, const Operation& operation);
Names write_norm(Emitter& to, const Operation& operation);
Names write_reduction(Emitter& to, const Operation& operation);
Names write_topk(Emitter& to, const Operation& operation);

}  // namespace hourglass::formats::onnx
