#include "hourglass/formats/graph.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <exception>
#include <numeric>

namespace hourglass::formats {
namespace {

const Argument* find(const Operation& operation, const std::string& name) {
  const auto found = std::find_if(operation.arguments.begin(), operation.arguments.end(),
                                  [&](const Argument& argument) { return argument.name == name; });
  return found == operation.arguments.end() ? nullptr : &*found;
}

/// The content of an argument as T; null where it is something else, or nothing.
template <class T>
const T* find_as(const Operation& operation, const std::string& name) {
  const Argument* argument = find(operation, name);
  return argument ? std::get_if<T>(&argument->content) : nullptr;
}

template <class T>
const T& get_as(const Operation& operation, const std::string& name, const char* expected) {
  if (const T* content = find_as<T>(operation, name)) return *content;
  throw Error("{}: expected {} as its '{}', found something else", operation.where(), expected,
              name);
}

int64_t fixed(const Operation& operation, const std::string& name, const Size& size) {
  if (size.is_fixed()) return size.fixed;
  throw Error("{}: expected the same '{}' for every batch, found one that grows with it",
              operation.where(), name);
}

/// Computes the operations of a graph one after the other.
class Runner {
 public:
  Runner(const Graph& graph, const std::vector<at::Tensor>& inputs)
      : graph_(graph), known_(graph.values.size()) {
    if (inputs.size() != graph.inputs.size()) {
      throw Error("{}: expected {} inputs, found {}", graph.method, graph.inputs.size(),
                  inputs.size());
    }
    batch_ = inputs.empty() || inputs[0].dim() == 0 ? 0 : inputs[0].size(0);
    for (size_t i = 0; i < graph.values.size(); ++i) {
      if (graph.values[i].constant) known_[i] = *graph.values[i].constant;
    }
    for (size_t i = 0; i < inputs.size(); ++i) known_[graph.inputs[i]] = inputs[i];
  }

  std::vector<at::Tensor> run() {
    for (const auto& operation : graph_.operations) compute(operation);
    std::vector<at::Tensor> outputs;
    for (const ValueId id : graph_.outputs) outputs.push_back(known_[id]);
    return outputs;
  }

 private:
  const Graph& graph_;
  std::vector<at::Tensor> known_;
  int64_t batch_ = 0;

  void compute(const Operation& operation) {
    torch::jit::Stack stack;
    try {
      const auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(
          operation.name.c_str(), operation.overload.c_str());
      for (const auto& expected : handle.schema().arguments()) {
        const Argument* argument = find(operation, expected.name());
        const bool told = argument && !std::holds_alternative<std::monostate>(argument->content);
        stack.push_back(told ? told_value(*argument)
                             : expected.default_value().value_or(c10::IValue()));
      }
      handle.callBoxed(stack);
      store(operation, stack);
    } catch (const std::exception& error) {
      const std::string text = error.what();
      throw Error("{}: {}", operation.where(), text.substr(0, text.find('\n')));
    }
  }

  c10::IValue told_value(const Argument& argument) const {
    return std::visit([&](const auto& content) { return to_ivalue(content); }, argument.content);
  }

  c10::IValue to_ivalue(std::monostate /*none*/) const { return {}; }
  c10::IValue to_ivalue(ValueId id) const { return known_[id]; }
  c10::IValue to_ivalue(const std::vector<ValueId>& ids) const {
    c10::List<at::Tensor> tensors;
    for (const ValueId id : ids) tensors.push_back(known_[id]);
    return tensors;
  }
  c10::IValue to_ivalue(bool flag) const { return flag; }
  c10::IValue to_ivalue(const Size& size) const { return size.at(batch_); }
  c10::IValue to_ivalue(double number) const { return number; }
  c10::IValue to_ivalue(const std::string& text) const { return text; }
  c10::IValue to_ivalue(const std::vector<Size>& sizes) const {
    c10::List<int64_t> numbers;
    for (const Size& size : sizes) numbers.push_back(size.at(batch_));
    return numbers;
  }
  c10::IValue to_ivalue(const std::vector<double>& numbers) const {
    return c10::List<double>(numbers);
  }
  c10::IValue to_ivalue(at::ScalarType type) const { return static_cast<int64_t>(type); }

  void store(const Operation& operation, const torch::jit::Stack& results) {
    // A list is one result of several tensors.
    if (results.size() == 1 && results.front().isTensorList()) {
      const auto tensors = results.front().toTensorVector();
      for (size_t i = 0; i < operation.results.size(); ++i)
        known_[operation.results[i]] = tensors.at(i);
      return;
    }
    for (size_t i = 0; i < operation.results.size(); ++i) {
      known_[operation.results[i]] = results.at(i).toTensor();
    }
  }
};

}  // namespace

bool Operation::has(const std::string& argument) const {
  const Argument* found = find(*this, argument);
  return found && !std::holds_alternative<std::monostate>(found->content);
}

ValueId Operation::tensor(const std::string& argument) const {
  return get_as<ValueId>(*this, argument, "a tensor");
}

std::optional<ValueId> Operation::optional_tensor(const std::string& argument) const {
  return has(argument) ? std::optional(tensor(argument)) : std::nullopt;
}

std::vector<ValueId> Operation::tensors(const std::string& argument) const {
  return get_as<std::vector<ValueId>>(*this, argument, "tensors");
}

int64_t Operation::integer(const std::string& argument) const {
  return fixed(*this, argument, get_as<Size>(*this, argument, "a whole number"));
}

int64_t Operation::integer_or(const std::string& argument, int64_t fallback) const {
  return has(argument) ? integer(argument) : fallback;
}

std::vector<int64_t> Operation::integers(const std::string& argument) const {
  std::vector<int64_t> numbers;
  for (const Size& size : sizes(argument)) numbers.push_back(fixed(*this, argument, size));
  return numbers;
}

std::vector<Size> Operation::sizes(const std::string& argument) const {
  if (const auto* one = find_as<Size>(*this, argument)) return {*one};
  return get_as<std::vector<Size>>(*this, argument, "whole numbers");
}

double Operation::number(const std::string& argument) const {
  if (const auto* whole = find_as<Size>(*this, argument)) {
    return static_cast<double>(fixed(*this, argument, *whole));
  }
  return get_as<double>(*this, argument, "a number");
}

bool Operation::flag(const std::string& argument) const {
  return get_as<bool>(*this, argument, "true or false");
}

std::string Operation::text_or(const std::string& argument, const std::string& fallback) const {
  return has(argument) ? get_as<std::string>(*this, argument, "a text") : fallback;
}

std::vector<ValueId> Operation::tensors_taken() const {
  std::vector<ValueId> taken;
  for (const auto& argument : arguments) {
    if (const auto* id = std::get_if<ValueId>(&argument.content)) taken.push_back(*id);
    const auto* ids = std::get_if<std::vector<ValueId>>(&argument.content);
    if (ids) taken.insert(taken.end(), ids->begin(), ids->end());
  }
  return taken;
}

std::vector<int64_t> Operation::reduced_dimensions(int64_t count) const {
  std::vector<int64_t> dimensions;
  if (has("dim")) dimensions = integers("dim");
  if (!dimensions.empty()) return dimensions;
  dimensions.resize(static_cast<size_t>(count));
  std::iota(dimensions.begin(), dimensions.end(), 0);
  return dimensions;
}

std::string Operation::where() const {
  const std::string dot = overload.empty() ? "" : "." + overload;
  return layer.empty() ? name + dot : fmt::format("{}{} in {}", name, dot, layer);
}

bool Graph::depends_on_items(const Operation& operation) const {
  return std::any_of(operation.results.begin(), operation.results.end(),
                     [&](ValueId id) { return !value(id).constant && !value(id).is_zero; });
}

std::optional<ValueId> Graph::transposed_source(ValueId id) const {
  const auto made = std::find_if(operations.begin(), operations.end(), [&](const Operation& one) {
    return !one.results.empty() && one.results.front() == id;
  });
  if (made == operations.end() || value(id).sizes.size() != 2) return {};
  if (made->name != "aten::t" && made->name != "aten::transpose") return {};
  const ValueId source = made->tensor("self");
  return value(source).constant ? std::optional(source) : std::nullopt;
}

std::vector<at::Tensor> run_graph(const Graph& graph, const std::vector<at::Tensor>& inputs) {
  return Runner(graph, inputs).run();
}

}  // namespace hourglass::formats
