#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hourglass::formats {

// A method of a model as operations on tensors, one after the other, without classes or branches.
// Every file format but TorchScript is written from it, whatever the model: an export knows
// operations, not variants.

/// A size that may grow with the batch: `fixed + per_item · B`.
struct Size {
  int64_t fixed = 0;
  int64_t per_item = 0;

  int64_t at(int64_t batch) const { return fixed + per_item * batch; }
  bool is_fixed() const { return per_item == 0; }
  bool operator==(const Size&) const = default;
};

/// A tensor's number in `Graph::values`.
using ValueId = size_t;

/// A tensor that a graph takes, holds or computes.
struct Value {
  enum class Kind { Input, Parameter, Buffer, Constant, Result };

  /// "x"; "encoder.dense1.weight"; of results, "linear_2". No two values share one.
  std::string name;
  Kind kind = Kind::Result;
  at::ScalarType type = at::kFloat;
  std::vector<Size> sizes;
  /// What is the same for every batch: a parameter, or what follows from parameters alone.
  std::optional<at::Tensor> constant = {};
  /// Nothing but zeros, in sizes that may grow with the batch: an LSTM's first state.
  bool is_zero = false;
};

/// What an operation is told, by the name that its schema has for it. Whole numbers are a `Size`;
/// what a schema leaves out, and devices and layouts, are no value.
struct Argument {
  using Content = std::variant<std::monostate, ValueId, std::vector<ValueId>, bool, Size, double,
                               std::string, std::vector<Size>, std::vector<double>, at::ScalarType>;
  std::string name;
  Content content;
  bool keyword_only = false;
};

/// One of ATen's operations, as https://pytorch.org/docs names and defines them.
struct Operation {
  std::string name;      ///< "aten::linear"
  std::string overload;  ///< "int" of aten::select.int; mostly empty
  std::vector<Argument> arguments;
  std::vector<ValueId> results;
  std::string layer;  ///< of the last parameter on the way to it: "encoder.dense1"

  // What is told under a name. Throws `Error` that names operation and layer where there is no such
  // argument or it is of another type.

  bool has(const std::string& argument) const;  ///< told, and a value
  ValueId tensor(const std::string& argument) const;
  std::optional<ValueId> optional_tensor(const std::string& argument) const;
  std::vector<ValueId> tensors(const std::string& argument) const;
  int64_t integer(const std::string& argument) const;
  int64_t integer_or(const std::string& argument, int64_t fallback) const;
  std::vector<int64_t> integers(const std::string& argument) const;
  std::vector<Size> sizes(const std::string& argument) const;
  double number(const std::string& argument) const;
  bool flag(const std::string& argument) const;
  std::string text_or(const std::string& argument, const std::string& fallback) const;

  /// All tensors that it is told, in order.
  std::vector<ValueId> tensors_taken() const;

  /// The dimensions that a reduction of a tensor of so many takes together: all where none are told.
  std::vector<int64_t> reduced_dimensions(int64_t count) const;

  /// "linear" of aten::linear.
  std::string plain_name() const { return name.substr(name.find(':') + 2); }

  /// "aten::foo in encoder.dense1", for errors.
  std::string where() const;
};

struct Graph {
  std::string method;  ///< "encode"
  std::vector<Value> values;
  std::vector<Operation> operations;  ///< in an order in which they can be computed
  std::vector<ValueId> inputs, outputs;

  const Value& value(ValueId id) const { return values.at(id); }

  /// Whether an operation's results depend on items. A format may store the others (`constant`), or
  /// write zeros.
  bool depends_on_items(const Operation& operation) const;

  /// The constant matrix that an operation transposed to make this value; none where it was made
  /// otherwise. So tied weights are written once.
  std::optional<ValueId> transposed_source(ValueId id) const;
};

/// The graph's outputs for inputs [B, …], computed by LibTorch's operations. Throws `Error` that
/// names the operation and its layer where one fails.
std::vector<at::Tensor> run_graph(const Graph& graph, const std::vector<at::Tensor>& inputs);

}  // namespace hourglass::formats
