#include "hourglass/formats/operation_forms.h"

#include "hourglass/core/error.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace hourglass::formats {
namespace {

/// Operations that give what they are given, in evaluation mode.
const std::set<std::string> kChangesNothing = {
    "aten::contiguous",    "aten::detach", "aten::dropout", "aten::feature_dropout",
    "aten::alpha_dropout", "aten::clone",  "aten::alias"};

const std::set<std::string> kTellsForm = {
    "aten::size",  "aten::dim",    "aten::numel",  "aten::len",
    "prim::dtype", "prim::device", "prim::layout", "aten::is_floating_point"};

const std::set<std::string> kMakesZeros = {"aten::zeros", "aten::zeros_like", "aten::new_zeros"};

/// Operations that only choose or place values of their `self`.
const std::set<std::string> kMovesValues = {"aten::view",      "aten::reshape", "aten::expand",
                                            "aten::transpose", "aten::permute", "aten::unsqueeze",
                                            "aten::squeeze",   "aten::select",  "aten::slice",
                                            "aten::flatten",   "aten::movedim", "aten::to"};

/// aten::_convolution under the name of what it is.
void use_names_of_convolutions(Operation& operation, const Graph& graph) {
  if (operation.name != "aten::_convolution") return;
  const bool transposed = operation.flag("transposed");
  const size_t dimensions = graph.value(operation.tensor("weight")).sizes.size() - 2;
  const std::vector<std::string> names =
      transposed ? std::vector<std::string>{"input",   "weight",         "bias",   "stride",
                                            "padding", "output_padding", "groups", "dilation"}
                 : std::vector<std::string>{"input",   "weight",   "bias",  "stride",
                                            "padding", "dilation", "groups"};
  std::vector<Argument> arguments;
  for (const auto& name : names) {
    arguments.push_back(
        *std::find_if(operation.arguments.begin(), operation.arguments.end(),
                      [&](const Argument& argument) { return argument.name == name; }));
    auto* sizes = std::get_if<std::vector<Size>>(&arguments.back().content);
    if (sizes) sizes->resize(dimensions, sizes->front());
  }
  operation.name = fmt::format("aten::conv{}{}d", transposed ? "_transpose" : "", dimensions);
  operation.overload = transposed && dimensions > 1 ? "input" : "";
  operation.arguments = std::move(arguments);
}

}  // namespace

bool changes_nothing(const std::string& name) { return kChangesNothing.contains(name); }

bool tells_form(const std::string& name) { return kTellsForm.contains(name); }

void use_common_form(Operation& operation, const Graph& graph, at::ScalarType type) {
  use_names_of_convolutions(operation, graph);
  if (operation.name == "aten::to") {  // the device is nobody's business
    operation.overload = "dtype";
    operation.arguments = {{"self", operation.tensor("self")}, {"dtype", type}};
  }
}

std::optional<double> told_scale(const Operation& operation, size_t dimension) {
  for (const auto& argument : operation.arguments) {
    if (argument.name != "scale_factors") continue;
    if (const auto* scales = std::get_if<std::vector<double>>(&argument.content)) {
      return scales->at(dimension);
    }
  }
  for (const char* name : {"scales", dimension == 0 ? "scales_h" : "scales_w"}) {
    if (operation.has(name)) return operation.number(name);
  }
  return {};
}

bool gives_zeros(const Operation& operation, const Graph& graph) {
  if (kMakesZeros.contains(operation.name)) return true;
  return kMovesValues.contains(operation.name) && graph.value(operation.tensor("self")).is_zero;
}

}  // namespace hourglass::formats
