#pragma once

#include "hourglass/formats/graph.h"
#include "hourglass/formats/onnx_wire.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace hourglass::formats::onnx {

/// Names of ONNX's values. An empty one stands for an input that is left out.
using Names = std::vector<std::string>;

/// Puts an ONNX graph together, operation by operation: nodes and their names, initializers as they
/// are first used, sizes that grow with the batch.
class Emitter {
 public:
  explicit Emitter(const Graph& graph);

  // ---- What operations are told

  const Graph& graph() const { return graph_; }
  const Value& value(ValueId id) const { return graph_.value(id); }
  int64_t dimensions(ValueId id) const { return static_cast<int64_t>(value(id).sizes.size()); }

  /// A dimension as one of 0 … `dimensions` − 1; negative ones count from the end.
  static int64_t dimension(int64_t given, int64_t dimensions);

  // ---- Values

  /// The name of a value of the graph, as `type` where one is given.
  std::string operand(ValueId id);
  std::string operand(ValueId id, at::ScalarType type);

  std::string cast(const std::string& name, at::ScalarType type);

  /// Numbers known now. Equal ones are stored once, unless they are named.
  std::string constant(const at::Tensor& value);
  std::string named_constant(const std::string& name, const at::Tensor& value);
  std::string scalar(double number, at::ScalarType type);
  std::string whole_numbers(const std::vector<int64_t>& numbers);  ///< int64 [N]

  /// Sizes as int64 [N], computed from the batch where they grow with it.
  std::string sizes(const std::vector<Size>& sizes);

  /// A value in other sizes, element by element.
  std::string reshaped(const std::string& name, const std::vector<Size>& from,
                       const std::vector<Size>& to);

  // ---- Nodes

  /// A node of one output, whose name it gives.
  std::string add(const std::string& type, Names inputs, Attributes attributes = {});
  Names add_several(const std::string& type, size_t outputs, Names inputs,
                    Attributes attributes = {});

  // ---- The whole

  /// From now on nodes are of this operation.
  void begin(const Operation& operation);

  /// What the operation's nodes have given are its results.
  void end(const Operation& operation, const Names& results);

  /// The graph of what was added. Nodes and initializers that no output needs are left out.
  Model finish();

 private:
  const Graph& graph_;
  Model model_;
  std::string layer_;
  size_t first_node_ = 0;  // of the current operation
  std::unordered_map<ValueId, std::string> names_;
  std::unordered_map<ValueId, std::string> output_names_;
  std::map<std::string, std::string> constants_;  // by type, sizes and bytes
  std::set<std::string> taken_, taken_by_nodes_;
  std::string batch_;  // the batch's size as int64 [1]; empty until it is needed

  static std::string unused(const std::string& wanted, std::set<std::string>& taken);
  void name_ports();
  std::string batch();
  std::string run_of_sizes(const Size& size);
  bool rename_output(const std::string& from, const std::string& to);
  void give_outputs();
  void drop_what_is_not_used();
};

/// The names of a method's outputs, as onnx.h says.
Names output_names(const std::string& method, size_t count);

}  // namespace hourglass::formats::onnx
