#include "hourglass/core/error.h"
#include "hourglass/formats/onnx_operations.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace hourglass::formats::onnx {
namespace {

/// [O, I] as [I, O], for MatMul.
std::string transposed_weight(Emitter& to, ValueId weight) {
  if (const auto source = to.graph().transposed_source(weight)) return to.operand(*source);
  return to.add("Transpose", {to.operand(weight)}, {{"perm", std::vector<int64_t>{1, 0}}});
}

std::string optional_operand(Emitter& to, const Operation& operation, const std::string& argument) {
  const auto id = operation.optional_tensor(argument);
  return id ? to.operand(*id) : "";
}

/// A parameter by channel; where it is left out, what changes nothing.
std::string operand_or_filled(Emitter& to, const Operation& operation, const std::string& argument,
                              int64_t channels, double number) {
  const auto id = operation.optional_tensor(argument);
  return id ? to.operand(*id)
            : to.constant(at::full({channels}, number, result_type(to, operation)));
}

std::vector<int64_t> twice(const std::vector<int64_t>& numbers) {
  std::vector<int64_t> result = numbers;
  result.insert(result.end(), numbers.begin(), numbers.end());
  return result;
}

/// Pixels before and after each dimension. Text "same" pads the end where sides cannot be alike.
std::vector<int64_t> pads_of(const Operation& operation, const std::vector<int64_t>& kernel) {
  if (operation.overload != "padding") return twice(operation.integers("padding"));
  std::vector<int64_t> pads(2 * kernel.size(), 0);
  if (operation.text_or("padding", "valid") == "valid") return pads;
  const auto dilation = operation.integers("dilation");
  for (size_t i = 0; i < kernel.size(); ++i) {
    const int64_t all = dilation.at(i) * (kernel[i] - 1);
    pads[i] = all / 2;
    pads[kernel.size() + i] = all - all / 2;
  }
  return pads;
}

}  // namespace

Names write_linear(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("input"), weight = operation.tensor("weight");
  if (to.dimensions(input) == 2 && to.dimensions(weight) == 2) {
    const auto source = to.graph().transposed_source(weight);
    return {to.add("Gemm",
                   {to.operand(input), to.operand(source.value_or(weight)),
                    optional_operand(to, operation, "bias")},
                   {{"transB", int64_t{!source}}})};
  }
  const std::string product = to.add("MatMul", {to.operand(input), transposed_weight(to, weight)});
  if (!operation.has("bias")) return {product};
  return {to.add("Add", {product, to.operand(operation.tensor("bias"))})};
}

Names write_addmm(Emitter& to, const Operation& operation) {
  return {to.add("Gemm",
                 {to.operand(operation.tensor("mat1")), to.operand(operation.tensor("mat2")),
                  to.operand(operation.tensor("self"))},
                 {{"alpha", static_cast<float>(operation.number("alpha"))},
                  {"beta", static_cast<float>(operation.number("beta"))}})};
}

Names write_matmul(Emitter& to, const Operation& operation) {
  const bool named_mat2 = operation.has("mat2");
  return {to.add("MatMul", {to.operand(operation.tensor("self")),
                            to.operand(operation.tensor(named_mat2 ? "mat2" : "other"))})};
}

Names write_convolution(Emitter& to, const Operation& operation) {
  const bool transposed = operation.name.find("transpose") != std::string::npos;
  const ValueId input = operation.tensor("input"), weight = operation.tensor("weight");
  if (to.dimensions(input) != to.dimensions(weight)) {
    refuse(operation, "a batch of images", "a single one");
  }
  std::vector<int64_t> kernel;
  for (size_t i = 2; i < to.value(weight).sizes.size(); ++i) {
    kernel.push_back(to.value(weight).sizes[i].fixed);
  }
  Attributes attributes = {{"kernel_shape", kernel},
                           {"strides", operation.integers("stride")},
                           {"pads", pads_of(operation, kernel)},
                           {"dilations", operation.integers("dilation")},
                           {"group", operation.integer("groups")}};
  if (transposed) attributes.push_back({"output_padding", operation.integers("output_padding")});
  return {to.add(transposed ? "ConvTranspose" : "Conv",
                 {to.operand(input), to.operand(weight), optional_operand(to, operation, "bias")},
                 std::move(attributes))};
}

Names write_batch_norm(Emitter& to, const Operation& operation) {
  if (operation.flag("training") || !operation.has("running_mean")) {
    refuse(operation, "running averages", "those of the batch");
  }
  const ValueId input = operation.tensor("input");
  const int64_t channels = to.value(input).sizes.at(1).fixed;
  return {to.add(
      "BatchNormalization",
      {to.operand(input), operand_or_filled(to, operation, "weight", channels, 1),
       operand_or_filled(to, operation, "bias", channels, 0),
       to.operand(operation.tensor("running_mean")), to.operand(operation.tensor("running_var"))},
      {{"epsilon", static_cast<float>(operation.number("eps"))}})};
}

Names write_layer_norm(Emitter& to, const Operation& operation) {
  const auto shape = operation.integers("normalized_shape");
  const auto weight = operation.optional_tensor("weight");
  const std::string scale =
      weight ? to.operand(*weight) : to.constant(at::ones(shape, result_type(to, operation)));
  return {to.add(
      "LayerNormalization",
      {to.operand(operation.tensor("input")), scale, optional_operand(to, operation, "bias")},
      {{"axis", -static_cast<int64_t>(shape.size())},
       {"epsilon", static_cast<float>(operation.number("eps"))}})};
}

Names write_embedding(Emitter& to, const Operation& operation) {
  return {to.add("Gather",
                 {to.operand(operation.tensor("weight")), to.operand(operation.tensor("indices"))},
                 {{"axis", int64_t{0}}})};
}

Names write_prelu(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self"), weight = operation.tensor("weight");
  // One slope a channel, the second dimension.
  std::vector<Size> sizes = to.value(weight).sizes;
  sizes.resize(std::max<size_t>(1, to.value(input).sizes.size() - 1), {1, 0});
  return {to.add("PRelu", {to.operand(input),
                           to.reshaped(to.operand(weight), to.value(weight).sizes, sizes)})};
}

Names write_softmax(Emitter& to, const Operation& operation) {
  const bool log = operation.name == "aten::log_softmax";
  return {to.add(log ? "LogSoftmax" : "Softmax",
                 {to.operand(operation.tensor("self"), result_type(to, operation))},
                 {{"axis", operation.integer("dim")}})};
}

}  // namespace hourglass::formats::onnx
