#include "hourglass/core/error.h"
#include "hourglass/formats/onnx_operations.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>

namespace hourglass::formats::onnx {
namespace {

bool keeps_dimensions(const Operation& operation) {
  return operation.has("keepdim") && operation.flag("keepdim");
}

/// A reduction of the first tensor. In this opset ReduceSum takes dimensions as an input, all
/// others as an attribute.
std::string reduced(Emitter& to, const Operation& operation, const std::string& type) {
  const ValueId input = operation.tensor("self");
  const auto dimensions = operation.reduced_dimensions(to.dimensions(input));
  const int64_t keep = keeps_dimensions(operation) ? 1 : 0;
  std::string x = to.operand(input, result_type(to, operation));
  if (dimensions.empty()) return x;
  if (type == "ReduceSum") {
    return to.add(type, {x, to.whole_numbers(dimensions)}, {{"keepdims", keep}});
  }
  return to.add(type, {x}, {{"axes", dimensions}, {"keepdims", keep}});
}

/// Where along `dimension` the extreme is; the first of equal ones.
std::string place(Emitter& to, const std::string& x, bool largest, int64_t dimension, bool keep) {
  return to.add(largest ? "ArgMax" : "ArgMin", {x},
                {{"axis", dimension}, {"keepdims", int64_t{keep}}});
}

}  // namespace

Names write_reduction(Emitter& to, const Operation& operation) {
  static const std::map<std::string, std::string> types = {
      {"sum", "ReduceSum"},  {"mean", "ReduceMean"}, {"prod", "ReduceProd"},
      {"amax", "ReduceMax"}, {"amin", "ReduceMin"},  {"logsumexp", "ReduceLogSumExp"}};
  return {reduced(to, operation, types.at(operation.plain_name()))};
}

Names write_norm(Emitter& to, const Operation& operation) {
  const char* argument = operation.name == "aten::norm" ? "p" : "ord";
  const double order = operation.has(argument) ? operation.number(argument) : 2;
  if (order == 2) return {reduced(to, operation, "ReduceL2")};
  if (order == 1) return {reduced(to, operation, "ReduceL1")};
  refuse(operation, "a norm of order 1 or 2", fmt::format("{}", order));
}

Names write_extreme(Emitter& to, const Operation& operation) {
  const bool largest = operation.name == "aten::max";
  if (operation.has("other")) {
    const at::ScalarType type = result_type(to, operation);
    return {to.add(largest ? "Max" : "Min", {to.operand(operation.tensor("self"), type),
                                             to.operand(operation.tensor("other"), type)})};
  }
  const std::string value = reduced(to, operation, largest ? "ReduceMax" : "ReduceMin");
  if (!operation.has("dim")) return {value};
  return {value, place(to, to.operand(operation.tensor("self")), largest, operation.integer("dim"),
                       keeps_dimensions(operation))};
}

Names write_arg(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const bool largest = operation.name == "aten::argmax";
  const std::string x = to.operand(input);
  if (operation.has("dim")) {
    return {place(to, x, largest, operation.integer("dim"), keeps_dimensions(operation))};
  }
  if (keeps_dimensions(operation)) refuse(operation, "a dimension", "none, with `keepdim`");
  // Among all values: as a list.
  const std::string list = to.add("Reshape", {x, to.whole_numbers({-1})});
  return {place(to, list, largest, 0, false)};
}

Names write_topk(Emitter& to, const Operation& operation) {
  return to.add_several("TopK", 2,
                        {to.operand(operation.tensor("self")), to.sizes(operation.sizes("k"))},
                        {{"axis", operation.integer("dim")},
                         {"largest", int64_t{operation.flag("largest")}},
                         {"sorted", int64_t{operation.flag("sorted")}}});
}

}  // namespace hourglass::formats::onnx
