#include "hourglass/formats/script_graph.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/batch_pair.h"
#include "hourglass/formats/operation_forms.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

namespace hourglass::formats {
namespace {

namespace jit = torch::jit;
using c10::IValue;

/// "encoder.dense1" of "encoder.dense1.weight".
std::string layer_of(const std::string& parameter) {
  const size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

/// Follows a method's program for two batches and writes down what it does to tensors.
class Builder {
 public:
  Builder(const jit::Module& module, const std::string& method,
          const std::vector<models::TensorMethod::Argument>& arguments)
      : module_(module) {
    graph_.method = method;
    name_tensors();
    program_ = module.get_method(method).graph()->copy();
    jit::Inline(*program_);
    jit::RemoveTensorMutation(program_);
    take_inputs(arguments);
  }

  Graph build() {
    const at::NoGradGuard no_grad;
    follow(*program_->block());
    for (const jit::Value* output : program_->outputs()) {
      BatchPair& pair = known_of(output);
      if (!is_tensors(pair.one)) {
        throw Error("{}: expected a method that gives tensors, found {}", graph_.method,
                    pair.one.tagKind());
      }
      make_ids(pair);
      graph_.outputs.insert(graph_.outputs.end(), pair.ids.begin(), pair.ids.end());
    }
    drop_what_is_not_used();
    return std::move(graph_);
  }

 private:
  const jit::Module& module_;
  std::shared_ptr<jit::Graph> program_;
  Graph graph_;
  std::unordered_map<const jit::Value*, BatchPair> known_;
  std::unordered_map<const c10::TensorImpl*, std::pair<std::string, Value::Kind>> names_;
  std::unordered_map<const c10::TensorImpl*, ValueId> ids_of_constants_;
  std::map<std::string, int> name_counts_;
  std::map<ValueId, std::string> layers_;

  /// The names of parameters and buffers; a wrapped model's are its own (see pipeline.h).
  void name_tensors() {
    const auto name = [&](const std::string& full, const at::Tensor& tensor, Value::Kind kind) {
      const std::string prefix = "wrapped_model.";
      names_.try_emplace(tensor.unsafeGetTensorImpl(),
                         full.starts_with(prefix) ? full.substr(prefix.size()) : full, kind);
    };
    for (const auto& entry : module_.named_parameters())
      name(entry.name, entry.value, Value::Kind::Parameter);
    for (const auto& entry : module_.named_buffers())
      name(entry.name, entry.value, Value::Kind::Buffer);
  }

  void take_inputs(const std::vector<models::TensorMethod::Argument>& arguments) {
    const auto inputs = program_->inputs();
    if (inputs.size() != arguments.size() + 1) {
      throw Error("{}: expected a method of {} tensors, found one of {}", graph_.method,
                  arguments.size(), inputs.size() - 1);
    }
    known_[inputs[0]] = {module_._ivalue(), module_._ivalue(), {}};
    for (size_t i = 0; i < arguments.size(); ++i) {
      const at::Tensor one = example(arguments[i], BatchPair::kOne),
                       other = example(arguments[i], BatchPair::kOther);
      const ValueId id = add_value(arguments[i].name, Value::Kind::Input, one, other);
      graph_.inputs.push_back(id);
      known_[inputs[i + 1]] = {one, other, {id}, true};
    }
  }

  ValueId add_value(const std::string& name, Value::Kind kind, const at::Tensor& one,
                    const at::Tensor& other) {
    const int count = name_counts_[name]++;
    Value value = {.name = count == 0 ? name : fmt::format("{}_{}", name, count),
                   .kind = kind,
                   .type = one.scalar_type()};
    for (int64_t i = 0; i < one.dim(); ++i)
      value.sizes.push_back(size_of(one.size(i), other.size(i)));
    graph_.values.push_back(std::move(value));
    return graph_.values.size() - 1;
  }

  BatchPair& known_of(const jit::Value* value) {
    const auto found = known_.find(value);
    if (found == known_.end())
      throw Error("{}: found a value that nothing computes", graph_.method);
    return found->second;
  }

  /// Numbers for the tensors of a value: constants have none until they are used.
  void make_ids(BatchPair& pair) {
    if (!pair.ids.empty()) return;
    const auto one = tensors_of(pair.one), other = tensors_of(pair.other);
    for (size_t i = 0; i < one.size(); ++i) pair.ids.push_back(constant_id(one[i], other.at(i)));
  }

  ValueId constant_id(const at::Tensor& tensor, const at::Tensor& other) {
    if (!same(tensor, other)) {
      throw Error(
          "{}: found a tensor that depends on the batch and that no operation of tensors gives",
          graph_.method);
    }
    const auto known = ids_of_constants_.find(tensor.unsafeGetTensorImpl());
    if (known != ids_of_constants_.end()) return known->second;
    const auto named = names_.find(tensor.unsafeGetTensorImpl());
    const bool has_name = named != names_.end();
    const ValueId id =
        add_value(has_name ? named->second.first : "constant",
                  has_name ? named->second.second : Value::Kind::Constant, tensor, tensor);
    graph_.values[id].constant = tensor.detach();
    if (has_name) layers_[id] = layer_of(named->second.first);
    ids_of_constants_[tensor.unsafeGetTensorImpl()] = id;
    return id;
  }

  void follow(const jit::Block& block) {
    for (const jit::Node* node : block.nodes()) follow(*node);
  }

  void follow(const jit::Node& node) {
    const std::string kind = node.kind().toQualString();
    if (kind == "prim::Constant") return take_constant(node);
    if (kind == "prim::GetAttr") return get_attribute(node);
    if (kind == "prim::ListConstruct" || kind == "prim::TupleConstruct") return join(node);
    if (kind == "prim::TupleUnpack" || kind == "prim::ListUnpack") return take_apart(node);
    if (kind == "prim::If") return branch(node);
    if (kind == "prim::Loop" || kind == "prim::CallFunction" || kind == "prim::PythonOp") {
      throw Error("{}: expected a list of operations, found {}, which no export can tell",
                  graph_.method, kind);
    }
    compute(node);
  }

  void take_constant(const jit::Node& node) {
    const IValue value = jit::toIValue(node.output()).value();
    known_[node.output()] = {value, value, {}};
  }

  void get_attribute(const jit::Node& node) {
    const IValue value = known_of(node.input()).one.toObjectRef().getAttr(node.s(c10::attr::name));
    known_[node.output()] = {value, value, {}};
  }

  /// Whether what a node gives follows from items; their number, shape and type do not.
  bool follows_from_items(const jit::Node& node) {
    if (tells_form(node.kind().toQualString())) return false;
    return std::any_of(node.inputs().begin(), node.inputs().end(),
                       [&](const jit::Value* input) { return known_of(input).is_of_items; });
  }

  /// A list or tuple of what is known.
  void join(const jit::Node& node) {
    BatchPair result;
    result.is_of_items = follows_from_items(node);
    for (const bool first : {true, false}) {
      std::vector<IValue> elements;
      for (const jit::Value* input : node.inputs()) {
        elements.push_back(first ? known_of(input).one : known_of(input).other);
      }
      (first ? result.one : result.other) = joined(elements, node.output()->type());
    }
    const bool of_tensors =
        std::any_of(node.inputs().begin(), node.inputs().end(),
                    [&](const jit::Value* input) { return !known_of(input).ids.empty(); });
    if (of_tensors && is_tensors(result.one)) {
      for (const jit::Value* input : node.inputs()) {
        BatchPair& pair = known_of(input);
        make_ids(pair);
        result.ids.insert(result.ids.end(), pair.ids.begin(), pair.ids.end());
      }
    }
    known_[node.output()] = std::move(result);
  }

  void take_apart(const jit::Node& node) {
    BatchPair& whole = known_of(node.input());
    const auto elements = [](const IValue& value) {
      return value.isTuple() ? std::vector<IValue>(value.toTupleRef().elements().begin(),
                                                   value.toTupleRef().elements().end())
                             : value.toListRef().vec();
    };
    const auto one = elements(whole.one), other = elements(whole.other);
    size_t next = 0;
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      BatchPair part = {one.at(i), other.at(i), {}, whole.is_of_items};
      const size_t count = tensors_of(one.at(i)).size();
      if (!whole.ids.empty()) {
        part.ids.assign(whole.ids.begin() + static_cast<ptrdiff_t>(next),
                        whole.ids.begin() + static_cast<ptrdiff_t>(next + count));
      }
      next += count;
      known_[node.outputs()[i]] = std::move(part);
    }
  }

  /// A branch that the model itself decides.
  void branch(const jit::Node& node) {
    const BatchPair& condition = known_of(node.input());
    if (condition.is_of_items || condition.one.toBool() != condition.other.toBool()) {
      throw Error("{}: expected a list of operations, found a branch that depends on the items",
                  graph_.method);
    }
    const jit::Block& taken = *node.blocks()[condition.one.toBool() ? 0 : 1];
    follow(taken);
    for (size_t i = 0; i < node.outputs().size(); ++i)
      known_[node.outputs()[i]] = known_of(taken.outputs()[i]);
  }

  /// Runs an operation for both batches; several results become a tuple.
  void evaluate(const jit::Node& node, BatchPair& result) {
    for (const bool first : {true, false}) {
      jit::Stack stack;
      for (const jit::Value* input : node.inputs()) {
        const BatchPair& pair = known_of(input);
        stack.push_back(first ? pair.one : pair.other);
      }
      node.getOperation()(stack);
      IValue& value = first ? result.one : result.other;
      value =
          stack.size() == 1
              ? stack.front()
              : IValue(c10::ivalue::Tuple::create(std::vector<IValue>(stack.begin(), stack.end())));
    }
  }

  void compute(const jit::Node& node) {
    BatchPair result;
    result.is_of_items = follows_from_items(node);
    evaluate(node, result);
    if (is_tensors(result.one) && must_write(node, result)) write(node, result);
    if (node.outputs().size() == 1) {
      known_[node.output()] = std::move(result);
      return;
    }
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      BatchPair part = {result.one.toTupleRef().elements()[i],
                        result.other.toTupleRef().elements()[i],
                        {},
                        result.is_of_items};
      if (!result.ids.empty()) part.ids = {result.ids[i]};
      known_[node.outputs()[i]] = std::move(part);
    }
  }

  /// Whether an operation's results depend on items, on parameters, or on the batch's size.
  bool must_write(const jit::Node& node, const BatchPair& result) {
    if (!same(tensors_of(result.one), tensors_of(result.other))) return true;
    return std::any_of(node.inputs().begin(), node.inputs().end(), [&](const jit::Value* input) {
      const BatchPair& pair = known_of(input);
      if (!pair.ids.empty()) return true;
      const auto tensors = tensors_of(pair.one);
      return std::any_of(tensors.begin(), tensors.end(), [&](const at::Tensor& tensor) {
        return tensor.defined() && names_.contains(tensor.unsafeGetTensorImpl());
      });
    });
  }

  void write(const jit::Node& node, BatchPair& result) {
    const std::string name = node.kind().toQualString();
    if (changes_nothing(node, name, result)) return;
    const c10::FunctionSchema& schema = node.schema();
    Operation operation = {.name = name, .overload = schema.overload_name()};
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      const c10::Argument& expected = schema.arguments().at(i);
      operation.arguments.push_back({expected.name(),
                                     content_of(known_of(node.inputs()[i]), expected, operation),
                                     expected.kwarg_only()});
    }
    use_common_form(operation, graph_, tensors_of(result.one).front().scalar_type());
    operation.layer = layer_of_operation(operation);
    const auto one = tensors_of(result.one), other = tensors_of(result.other);
    const bool constant = is_of_constants(operation);
    for (size_t i = 0; i < one.size(); ++i) {
      const ValueId id = add_value(operation.plain_name(), Value::Kind::Result, one[i], other[i]);
      if (constant && same(one[i], other[i])) graph_.values[id].constant = one[i];
      graph_.values[id].is_zero = gives_zeros(operation, graph_);
      layers_[id] = operation.layer;
      operation.results.push_back(id);
      result.ids.push_back(id);
    }
    graph_.operations.push_back(std::move(operation));
  }

  bool changes_nothing(const jit::Node& node, const std::string& name, BatchPair& result) {
    if (node.inputs().empty() || !known_of(node.inputs()[0]).one.isTensor()) return false;
    BatchPair& input = known_of(node.inputs()[0]);
    const bool same_type =
        name == "aten::to" && result.one.isTensor() &&
        result.one.toTensor().scalar_type() == input.one.toTensor().scalar_type();
    if (!formats::changes_nothing(name) && !same_type) return false;
    make_ids(input);
    result.ids = input.ids;
    return true;
  }

  Argument::Content content_of(BatchPair& pair, const c10::Argument& expected,
                               const Operation& operation) {
    if (is_tensors(pair.one) && !tensors_of(pair.one).empty() &&
        tensors_of(pair.one).front().defined()) {
      make_ids(pair);
      if (pair.one.isTensor()) return pair.ids.front();
      return pair.ids;
    }
    if (pair.is_of_items && !pair.one.isNone()) {
      throw Error(
          "{}: expected a '{}' that is the same for all items, found one computed from them",
          operation.where(), expected.name());
    }
    return told_content(pair, expected, operation.where());
  }

  /// That of its parameters, else of the first tensor it takes.
  std::string layer_of_operation(const Operation& operation) {
    std::string of_parameter, of_first;
    for (const ValueId id : operation.tensors_taken()) {
      const bool is_parameter = graph_.value(id).kind == Value::Kind::Parameter;
      if (is_parameter && of_parameter.empty()) of_parameter = layers_[id];
      if (of_first.empty()) of_first = layers_[id];
    }
    return of_parameter.empty() ? of_first : of_parameter;
  }

  bool is_of_constants(const Operation& operation) {
    bool all = true, any = false;
    for (const ValueId id : operation.tensors_taken()) {
      any = true;
      all = all && graph_.value(id).constant.has_value();
    }
    return any && all;
  }

  void drop_what_is_not_used() {
    std::vector<bool> used(graph_.values.size(), false);
    for (const ValueId id : graph_.outputs) used[id] = true;
    std::vector<Operation> kept;
    for (auto operation = graph_.operations.rbegin(); operation != graph_.operations.rend();
         ++operation) {
      const bool wanted = std::any_of(operation->results.begin(), operation->results.end(),
                                      [&](ValueId id) { return used[id]; });
      if (!wanted) continue;
      for (const ValueId id : operation->tensors_taken()) used[id] = true;
      kept.push_back(std::move(*operation));
    }
    std::reverse(kept.begin(), kept.end());
    graph_.operations = std::move(kept);
  }
};

}  // namespace

Graph script_graph(const jit::Module& module, const std::string& method,
                   const std::vector<models::TensorMethod::Argument>& arguments) {
  if (!module.find_method(method)) throw Error("expected a method '{}', found none", method);
  try {
    return Builder(module, method, arguments).build();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // LibTorch's, whose message is pages long
    const std::string text = error.what();
    throw Error("{}: {}", method, text.substr(0, text.find('\n')));
  }
}

}  // namespace hourglass::formats
