#include "hourglass/formats/script_graph.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

namespace hourglass::formats {
namespace {

namespace jit = torch::jit;
using c10::IValue;

constexpr int64_t kBatch = 2, kOtherBatch = 3, kThirdBatch = 5;

/// A value of the program for two batches, and the numbers of the tensors in it.
struct Known {
  IValue one, other;
  std::vector<ValueId> ids;  // of a tensor, or of each in a list or tuple; empty: no tensor yet
};

bool is_tensors(const IValue& value) {
  if (value.isTensor() || value.isTensorList()) return true;
  if (!value.isTuple()) return false;
  const auto& elements = value.toTupleRef().elements();
  return std::all_of(elements.begin(), elements.end(), is_tensors);
}

void append_tensors(const IValue& value, std::vector<at::Tensor>& to) {
  if (value.isTensor()) to.push_back(value.toTensor());
  if (value.isTensorList()) {
    for (const auto& tensor : value.toTensorVector()) to.push_back(tensor);
  }
  if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) append_tensors(element, to);
  }
}

std::vector<at::Tensor> tensors_of(const IValue& value) {
  std::vector<at::Tensor> tensors;
  append_tensors(value, tensors);
  return tensors;
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.is_same(b) ||
         (a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() && at::equal(a, b));
}

bool same(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return same(x, y); });
}

Size size_of(int64_t one, int64_t other) {
  const int64_t per_item = (other - one) / (kOtherBatch - kBatch);
  return {one - per_item * kBatch, per_item};
}

/// "encoder.dense1" of "encoder.dense1.weight".
std::string layer_of(const std::string& parameter) {
  const size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

IValue joined(const std::vector<IValue>& elements, const c10::TypePtr& type) {
  if (type->kind() == c10::TypeKind::TupleType) return c10::ivalue::Tuple::create(elements);
  c10::List<IValue> list(type->expectRef<c10::ListType>().getElementType());
  for (const IValue& element : elements) list.push_back(element);
  return IValue(std::move(list));
}

/// Operations that give what they are given, in evaluation mode.
const std::set<std::string> kChangesNothing = {
    "aten::contiguous",    "aten::detach", "aten::dropout", "aten::feature_dropout",
    "aten::alpha_dropout", "aten::clone",  "aten::alias"};

const std::set<std::string> kMakesZeros = {"aten::zeros", "aten::zeros_like", "aten::new_zeros"};

/// Operations that only choose or place values of their `self`.
const std::set<std::string> kMovesValues = {"aten::view",      "aten::reshape", "aten::expand",
                                            "aten::transpose", "aten::permute", "aten::unsqueeze",
                                            "aten::squeeze",   "aten::select",  "aten::slice",
                                            "aten::flatten",   "aten::movedim", "aten::to"};

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
      Known& known = known_of(output);
      if (!is_tensors(known.one)) {
        throw Error("{}: expected a method that gives tensors, found {}", graph_.method,
                    known.one.tagKind());
      }
      make_ids(known);
      graph_.outputs.insert(graph_.outputs.end(), known.ids.begin(), known.ids.end());
    }
    drop_what_is_not_used();
    return std::move(graph_);
  }

 private:
  const jit::Module& module_;
  std::shared_ptr<jit::Graph> program_;
  Graph graph_;
  std::unordered_map<const jit::Value*, Known> known_;
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
      const at::Tensor one = example(arguments[i], kBatch),
                       other = example(arguments[i], kOtherBatch);
      const ValueId id = add_value(arguments[i].name, Value::Kind::Input, one, other);
      graph_.inputs.push_back(id);
      known_[inputs[i + 1]] = {one, other, {id}};
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

  Known& known_of(const jit::Value* value) {
    const auto found = known_.find(value);
    if (found == known_.end())
      throw Error("{}: found a value that nothing computes", graph_.method);
    return found->second;
  }

  /// Numbers for the tensors of a value: constants have none until they are used.
  void make_ids(Known& known) {
    if (!known.ids.empty()) return;
    const auto one = tensors_of(known.one), other = tensors_of(known.other);
    for (size_t i = 0; i < one.size(); ++i) known.ids.push_back(constant_id(one[i], other.at(i)));
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

  /// A list or tuple of what is known.
  void join(const jit::Node& node) {
    Known result;
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
        Known& known = known_of(input);
        make_ids(known);
        result.ids.insert(result.ids.end(), known.ids.begin(), known.ids.end());
      }
    }
    known_[node.output()] = std::move(result);
  }

  void take_apart(const jit::Node& node) {
    Known& whole = known_of(node.input());
    const auto elements = [](const IValue& value) {
      return value.isTuple() ? std::vector<IValue>(value.toTupleRef().elements().begin(),
                                                   value.toTupleRef().elements().end())
                             : value.toListRef().vec();
    };
    const auto one = elements(whole.one), other = elements(whole.other);
    size_t next = 0;
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      Known part = {one.at(i), other.at(i), {}};
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
    const Known& condition = known_of(node.input());
    if (!condition.one.isBool() || condition.one.toBool() != condition.other.toBool()) {
      throw Error("{}: expected a list of operations, found a branch that depends on the items",
                  graph_.method);
    }
    const jit::Block& taken = *node.blocks()[condition.one.toBool() ? 0 : 1];
    follow(taken);
    for (size_t i = 0; i < node.outputs().size(); ++i)
      known_[node.outputs()[i]] = known_of(taken.outputs()[i]);
  }

  /// Runs an operation for both batches; several results become a tuple.
  void evaluate(const jit::Node& node, Known& result) {
    for (const bool first : {true, false}) {
      jit::Stack stack;
      for (const jit::Value* input : node.inputs()) {
        const Known& known = known_of(input);
        stack.push_back(first ? known.one : known.other);
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
    Known result;
    evaluate(node, result);
    if (is_tensors(result.one) && must_write(node, result)) write(node, result);
    if (node.outputs().size() == 1) {
      known_[node.output()] = std::move(result);
      return;
    }
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      Known part = {
          result.one.toTupleRef().elements()[i], result.other.toTupleRef().elements()[i], {}};
      if (!result.ids.empty()) part.ids = {result.ids[i]};
      known_[node.outputs()[i]] = std::move(part);
    }
  }

  /// Whether an operation's results depend on items, on parameters, or on the batch's size.
  bool must_write(const jit::Node& node, const Known& result) {
    if (!same(tensors_of(result.one), tensors_of(result.other))) return true;
    return std::any_of(node.inputs().begin(), node.inputs().end(), [&](const jit::Value* input) {
      const Known& known = known_of(input);
      if (!known.ids.empty()) return true;
      const auto tensors = tensors_of(known.one);
      return std::any_of(tensors.begin(), tensors.end(), [&](const at::Tensor& tensor) {
        return tensor.defined() && names_.contains(tensor.unsafeGetTensorImpl());
      });
    });
  }

  void write(const jit::Node& node, Known& result) {
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
    as_convolution(operation);
    as_cast(operation, result);
    operation.layer = layer_of_operation(operation);
    const auto one = tensors_of(result.one), other = tensors_of(result.other);
    const bool constant = is_of_constants(operation);
    for (size_t i = 0; i < one.size(); ++i) {
      const ValueId id = add_value(operation.name.substr(operation.name.find(':') + 2),
                                   Value::Kind::Result, one[i], other[i]);
      if (constant && same(one[i], other[i])) graph_.values[id].constant = one[i];
      graph_.values[id].is_zero = gives_zeros(operation);
      layers_[id] = operation.layer;
      operation.results.push_back(id);
      result.ids.push_back(id);
    }
    graph_.operations.push_back(std::move(operation));
  }

  bool changes_nothing(const jit::Node& node, const std::string& name, Known& result) {
    if (node.inputs().size() == 0 || !known_of(node.inputs()[0]).one.isTensor()) return false;
    Known& input = known_of(node.inputs()[0]);
    const bool same_type =
        name == "aten::to" && result.one.isTensor() &&
        result.one.toTensor().scalar_type() == input.one.toTensor().scalar_type();
    if (!kChangesNothing.contains(name) && !same_type) return false;
    make_ids(input);
    result.ids = input.ids;
    return true;
  }

  Argument::Content content_of(Known& known, const c10::Argument& expected,
                               const Operation& operation) {
    const IValue &one = known.one, &other = known.other;
    if (one.isNone()) return std::monostate();
    if (one.isTensor() && !one.toTensor().defined()) return std::monostate();
    if (one.isTensor() || one.isTensorList()) {
      make_ids(known);
      if (one.isTensor()) return known.ids.front();
      return known.ids;
    }
    if (one.isBool()) return one.toBool();
    if (one.isDouble()) return one.toDouble();
    if (one.isString()) return one.toStringRef();
    if (one.isDevice()) return std::monostate();
    if (one.isInt()) return whole_number(one.toInt(), other.toInt(), expected.name());
    if (one.isIntList()) {
      std::vector<Size> sizes;
      const auto first = one.toIntVector(), second = other.toIntVector();
      for (size_t i = 0; i < first.size(); ++i) sizes.push_back(size_of(first[i], second.at(i)));
      // One number may stand for all dimensions.
      const auto count = static_cast<size_t>(expected.N().value_or(0));
      if (sizes.size() == 1 && count > 1) sizes.resize(count, sizes.front());
      return sizes;
    }
    if (one.isDoubleList()) return one.toDoubleVector();
    // A list without elements does not say of what.
    if (one.isList() && one.toListRef().empty()) return std::vector<Size>();
    throw Error("{}: expected numbers, texts and tensors as arguments, found {} as '{}'",
                operation.where(), one.tagKind(), expected.name());
  }

  /// Types, layouts and memory formats are whole numbers in TorchScript.
  static Argument::Content whole_number(int64_t one, int64_t other, const std::string& name) {
    if (name == "dtype") return static_cast<at::ScalarType>(one);
    if (name == "layout" || name == "memory_format") return std::monostate();
    return size_of(one, other);
  }

  /// aten::_convolution under the name of what it is.
  void as_convolution(Operation& operation) {
    if (operation.name != "aten::_convolution") return;
    const bool transposed = operation.flag("transposed");
    const size_t dimensions = graph_.value(operation.tensor("weight")).sizes.size() - 2;
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

  /// aten::to has forms that differ in how they say the type; the device is nobody's business.
  static void as_cast(Operation& operation, const Known& result) {
    if (operation.name != "aten::to") return;
    operation.overload = "dtype";
    operation.arguments = {{"self", operation.tensor("self")},
                           {"dtype", result.one.toTensor().scalar_type()}};
  }

  template <class Visit>
  static void each_tensor(const Operation& operation, const Visit& visit) {
    for (const auto& argument : operation.arguments) {
      if (const auto* id = std::get_if<ValueId>(&argument.content)) visit(*id);
      if (const auto* ids = std::get_if<std::vector<ValueId>>(&argument.content)) {
        for (const ValueId id : *ids) visit(id);
      }
    }
  }

  /// That of its parameters, else of the first tensor it takes.
  std::string layer_of_operation(const Operation& operation) {
    std::string of_parameter, of_first;
    each_tensor(operation, [&](ValueId id) {
      const bool is_parameter = graph_.value(id).kind == Value::Kind::Parameter;
      if (is_parameter && of_parameter.empty()) of_parameter = layers_[id];
      if (of_first.empty()) of_first = layers_[id];
    });
    return of_parameter.empty() ? of_first : of_parameter;
  }

  bool gives_zeros(const Operation& operation) const {
    if (kMakesZeros.contains(operation.name)) return true;
    return kMovesValues.contains(operation.name) && graph_.value(operation.tensor("self")).is_zero;
  }

  bool is_of_constants(const Operation& operation) {
    bool all = true, any = false;
    each_tensor(operation, [&](ValueId id) {
      any = true;
      all = all && graph_.value(id).constant.has_value();
    });
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
      each_tensor(*operation, [&](ValueId id) { used[id] = true; });
      kept.push_back(std::move(*operation));
    }
    std::reverse(kept.begin(), kept.end());
    graph_.operations = std::move(kept);
  }
};

/// Sizes that do not grow evenly with the batch show at a third one.
void check(const Graph& graph, jit::Module module,
           const std::vector<models::TensorMethod::Argument>& arguments) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> inputs;
  for (const auto& argument : arguments) inputs.push_back(example(argument, kThirdBatch));
  const auto found = run_graph(graph, inputs);
  const auto expected =
      tensors_of(module.get_method(graph.method)(jit::Stack(inputs.begin(), inputs.end())));
  for (size_t i = 0; i < expected.size(); ++i) {
    if (found.at(i).sizes() != expected[i].sizes() ||
        !at::allclose(found[i], expected[i], 1e-5, 1e-6)) {
      throw Error(
          "{}: expected operations for any batch, found that they give another result at another "
          "batch size",
          graph.method);
    }
  }
}

}  // namespace

at::Tensor example(const models::TensorMethod::Argument& argument, int64_t batch) {
  const Shape sizes = with_batch(batch, argument.item_shape);
  return argument.below > 0 ? at::randint(argument.below, sizes, at::kLong) : at::rand(sizes);
}

Graph script_graph(const jit::Module& module, const std::string& method,
                   const std::vector<models::TensorMethod::Argument>& arguments) {
  if (!module.find_method(method)) throw Error("expected a method '{}', found none", method);
  Graph graph = Builder(module, method, arguments).build();
  check(graph, module, arguments);
  return graph;
}

}  // namespace hourglass::formats
