#include "hourglass/formats/onnx_emitter.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace hourglass::formats::onnx {
namespace {

bool all_fixed(const std::vector<Size>& sizes) {
  return std::all_of(sizes.begin(), sizes.end(), [](const Size& size) { return size.is_fixed(); });
}

std::vector<int64_t> fixed_parts(const std::vector<Size>& sizes) {
  std::vector<int64_t> numbers;
  numbers.reserve(sizes.size());
  for (const Size& size : sizes) numbers.push_back(size.fixed);
  return numbers;
}

/// Type, sizes and bytes: the same for tensors that are.
std::string key_of(const at::Tensor& value) {
  const at::Tensor dense = value.contiguous();
  return fmt::format("{}{}:", c10::toString(dense.scalar_type()), fmt::join(dense.sizes(), ",")) +
         std::string(static_cast<const char*>(dense.const_data_ptr()), dense.nbytes());
}

}  // namespace

Names output_names(const std::string& method, size_t count) {
  static const std::map<std::string, Names> known = {
      {"forward", {"reconstruction"}},
      {"encode", {"code"}},
      {"decode", {"reconstruction"}},
      {"encode_distribution", {"mean", "log_variance"}}};
  const auto found = known.find(method);
  Names names = found == known.end() ? Names() : found->second;
  for (size_t i = names.size(); i < count; ++i) {
    names.push_back(i == 0 ? "output" : fmt::format("output_{}", i));
  }
  names.resize(count);
  return names;
}

Emitter::Emitter(const Graph& graph) : graph_(graph) {
  model_.graph_name = graph.method;
  name_ports();
}

/// Inputs and outputs choose their names first.
void Emitter::name_ports() {
  for (const ValueId id : graph_.inputs) {
    names_[id] = unused(value(id).name, taken_);
    model_.inputs.push_back({names_[id], value(id).type, value(id).sizes});
  }
  const Names names = output_names(graph_.method, graph_.outputs.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const ValueId id = graph_.outputs[i];
    const std::string name = unused(names[i], taken_);
    output_names_.try_emplace(id, name);
    model_.outputs.push_back({name, value(id).type, value(id).sizes});
  }
}

std::string Emitter::unused(const std::string& wanted, std::set<std::string>& taken) {
  std::string name = wanted;
  for (int i = 1; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
  return name;
}

int64_t Emitter::dimension(int64_t given, int64_t dimensions) {
  return given < 0 ? given + dimensions : given;
}

std::string Emitter::operand(ValueId id) {
  const auto known = names_.find(id);
  if (known != names_.end()) return known->second;
  const Value& asked = value(id);
  if (asked.constant) {
    const bool has_name = asked.kind == Value::Kind::Parameter || asked.kind == Value::Kind::Buffer;
    return names_[id] =
               has_name ? named_constant(asked.name, *asked.constant) : constant(*asked.constant);
  }
  if (asked.is_zero) {
    return names_[id] = add("ConstantOfShape", {sizes(asked.sizes)},
                            {{"value", at::zeros({1}, asked.type)}});
  }
  throw Error("{}: found no operation that gives '{}'", graph_.method, asked.name);
}

std::string Emitter::operand(ValueId id, at::ScalarType type) {
  if (value(id).type == type) return operand(id);
  if (value(id).constant) return constant(value(id).constant->to(type));
  return cast(operand(id), type);
}

std::string Emitter::cast(const std::string& name, at::ScalarType type) {
  return add("Cast", {name}, {{"to", int64_t{number_of_type(type, name)}}});
}

std::string Emitter::constant(const at::Tensor& value) {
  const at::Tensor dense = value.detach().cpu();
  const std::string key = key_of(dense);
  const auto known = constants_.find(key);
  if (known != constants_.end()) return known->second;
  return constants_[key] = named_constant("constant", dense);
}

std::string Emitter::named_constant(const std::string& name, const at::Tensor& value) {
  model_.initializers.push_back({unused(name, taken_), value});
  return model_.initializers.back().name;
}

std::string Emitter::scalar(double number, at::ScalarType type) {
  return constant(at::scalar_tensor(number, at::kDouble).to(type));
}

std::string Emitter::whole_numbers(const std::vector<int64_t>& numbers) {
  return constant(at::tensor(numbers, at::kLong));
}

std::string Emitter::batch() {
  if (batch_.empty()) {
    batch_ = add("Shape", {names_.at(graph_.inputs.front())},
                 {{"start", int64_t{0}}, {"end", int64_t{1}}});
  }
  return batch_;
}

/// One size that grows with the batch, as int64 [1].
std::string Emitter::run_of_sizes(const Size& size) {
  std::string grown = batch();
  if (size.per_item != 1) grown = add("Mul", {grown, whole_numbers({size.per_item})});
  return size.fixed == 0 ? grown : add("Add", {grown, whole_numbers({size.fixed})});
}

std::string Emitter::sizes(const std::vector<Size>& sizes) {
  if (all_fixed(sizes)) return whole_numbers(fixed_parts(sizes));
  Names parts;
  std::vector<int64_t> run;
  const auto end_run = [&] {
    if (!run.empty()) parts.push_back(whole_numbers(run));
    run.clear();
  };
  for (const Size& size : sizes) {
    if (size.is_fixed()) {
      run.push_back(size.fixed);
      continue;
    }
    end_run();
    parts.push_back(run_of_sizes(size));
  }
  end_run();
  return parts.size() == 1 ? parts.front() : add("Concat", parts, {{"axis", int64_t{0}}});
}

std::string Emitter::reshaped(const std::string& name, const std::vector<Size>& from,
                              const std::vector<Size>& to) {
  if (from == to) return name;
  // To Reshape a 0 is the size that the input has there, and one −1 whatever is left.
  std::vector<int64_t> numbers;
  size_t left = 0;
  bool has_zero = false;
  for (size_t i = 0; i < to.size(); ++i) {
    const bool kept = i < from.size() && to[i] == from[i] && !to[i].is_fixed();
    if (!kept && !to[i].is_fixed()) ++left;
    has_zero = has_zero || (to[i].is_fixed() && to[i].fixed == 0);
    numbers.push_back(kept ? 0 : to[i].is_fixed() ? to[i].fixed : -1);
  }
  const bool simple = left <= 1 && !has_zero;
  return add("Reshape", {name, simple ? whole_numbers(numbers) : sizes(to)});
}

std::string Emitter::add(const std::string& type, Names inputs, Attributes attributes) {
  return add_several(type, 1, std::move(inputs), std::move(attributes)).front();
}

Names Emitter::add_several(const std::string& type, size_t outputs, Names inputs,
                           Attributes attributes) {
  // Inputs that are left out at the end are not written at all.
  while (!inputs.empty() && inputs.back().empty()) inputs.pop_back();
  const std::string name = unused(layer_.empty() ? type : layer_ + "/" + type, taken_by_nodes_);
  Names names;
  for (size_t i = 0; i < outputs; ++i) names.push_back(unused(name, taken_));
  model_.nodes.push_back({.type = type,
                          .inputs = std::move(inputs),
                          .outputs = names,
                          .attributes = std::move(attributes),
                          .name = name,
                          .layer = layer_});
  return names;
}

void Emitter::begin(const Operation& operation) {
  layer_ = operation.layer;
  first_node_ = model_.nodes.size();
}

void Emitter::end(const Operation& operation, const Names& results) {
  for (size_t i = 0; i < operation.results.size(); ++i) {
    const ValueId id = operation.results[i];
    names_[id] = results.at(i);
    if (results[i].empty()) continue;
    const auto output = output_names_.find(id);
    const bool is_output = output != output_names_.end();
    const std::string name = is_output ? output->second : unused(value(id).name, taken_);
    if (!rename_output(results[i], name)) continue;
    names_[id] = name;
    if (!is_output) model_.values.push_back({name, value(id).type, value(id).sizes});
  }
  layer_.clear();
}

/// Whether one of the current operation's nodes gives `from`, which is called `to` from now on.
bool Emitter::rename_output(const std::string& from, const std::string& to) {
  if (from == batch_) return false;
  bool found = false;
  for (size_t i = first_node_; i < model_.nodes.size(); ++i) {
    auto& outputs = model_.nodes[i].outputs;
    found = found || std::find(outputs.begin(), outputs.end(), from) != outputs.end();
    std::replace(outputs.begin(), outputs.end(), from, to);
    std::replace(model_.nodes[i].inputs.begin(), model_.nodes[i].inputs.end(), from, to);
  }
  for (auto& [id, name] : names_) {
    if (found && name == from) name = to;
  }
  return found;
}

/// Outputs that are inputs or constants, or come twice, are copies.
void Emitter::give_outputs() {
  for (size_t i = 0; i < graph_.outputs.size(); ++i) {
    const std::string given = operand(graph_.outputs[i]);
    const std::string& name = model_.outputs[i].name;
    if (given == name) continue;
    model_.nodes.push_back({.type = "Identity",
                            .inputs = {given},
                            .outputs = {name},
                            .name = unused("Identity", taken_by_nodes_)});
  }
}

void Emitter::drop_what_is_not_used() {
  std::set<std::string> used;
  for (const auto& output : model_.outputs) used.insert(output.name);
  std::vector<Node> kept;
  for (auto node = model_.nodes.rbegin(); node != model_.nodes.rend(); ++node) {
    auto& outputs = node->outputs;
    const auto is_used = [&](const std::string& output) { return used.contains(output); };
    if (std::none_of(outputs.begin(), outputs.end(), is_used)) continue;
    // Outputs that nobody reads are left out, but those of TopK, which are two in any case.
    if (node->type != "TopK") {
      for (auto& output : outputs) {
        if (!is_used(output)) output.clear();
      }
      while (outputs.back().empty()) outputs.pop_back();
    }
    used.insert(node->inputs.begin(), node->inputs.end());
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  model_.nodes = std::move(kept);
  std::erase_if(model_.initializers,
                [&](const Initializer& one) { return !used.contains(one.name); });
  std::erase_if(model_.values, [&](const Port& one) { return !used.contains(one.name); });
}

Model Emitter::finish() {
  give_outputs();
  drop_what_is_not_used();
  return std::move(model_);
}

}  // namespace hourglass::formats::onnx
