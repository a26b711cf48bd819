#include "hourglass/formats/c/function.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/c/elementwise.h"
#include "hourglass/formats/c/helpers.h"
#include "hourglass/formats/c/layers.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::formats::c {
namespace {

constexpr size_t kLineWidth = 98, kIndent = 4;

/// What our methods give, in the order they give it.
std::vector<std::string> result_names(const std::string& method, size_t count) {
  if (method == "forward" || method == "decode") return {"reconstruction"};
  if (method == "encode") return {"code"};
  if (method == "encode_distribution" && count == 2) return {"mean", "log_variance"};
  return {"result"};
}

/// Whether a graph gives one number an item, [B].
bool gives_a_number(const Graph& graph) {
  return graph.outputs.size() == 1 && graph.value(graph.outputs[0]).sizes.size() <= 1 &&
         item_count(graph, graph.outputs[0]) == 1;
}

/// A statement in lines that are not too long, where it has commas or signs to break at.
std::vector<std::string> wrapped(const std::string& statement, bool is_continued = false) {
  if (statement.size() + kIndent <= kLineWidth) return {statement};
  size_t end = std::string::npos;
  for (const std::string sign : {", ", " = ", " + "}) {
    const size_t found = statement.rfind(sign, kLineWidth - kIndent - sign.size());
    if (end == std::string::npos && found != std::string::npos) end = found + sign.size();
  }
  const size_t indent = statement.find_first_not_of(' ');
  if (end == std::string::npos || end <= indent + kIndent) return {statement};
  std::vector<std::string> lines = {statement.substr(0, end - 1)};
  for (const auto& line : wrapped(
           std::string(indent + (is_continued ? 0 : kIndent), ' ') + statement.substr(end), true))
    lines.push_back(line);
  return lines;
}

/// Sizes without those of the batch, where there is one.
std::vector<int64_t> sizes_without_batch(const Graph& graph, ValueId id) {
  auto sizes = item_sizes(graph, id);
  const bool has_batch = !sizes.empty() && graph.value(id).sizes.front() == Size{0, 1};
  if (has_batch) sizes.erase(sizes.begin());
  return sizes;
}

}  // namespace

std::string function_name(const std::string& prefix, const std::string& method) {
  return prefix + "_" + (method == "forward" ? "reconstruct" : identifier(method));
}

Function::Function(const Graph& graph, SharedParts& shared)
    : graph_(graph),
      shared_(shared),
      name_(function_name(shared.prefix, graph.method)),
      names_(shared.names),
      returns_(gives_a_number(graph)),
      plan_(graph, !returns_) {
  name_parameters();
  name_arrays();
  for (const auto& step : plan_.steps()) write(step);
  finish_outputs();
}

void Function::name_parameters() {
  for (const ValueId id : graph_.inputs) {
    inputs_.push_back({names_.take(identifier(graph_.value(id).name)), type(id),
                       sizes_without_batch(graph_, id)});
  }
  if (returns_) return;
  const auto wanted = result_names(graph_.method, graph_.outputs.size());
  for (size_t i = 0; i < graph_.outputs.size(); ++i) {
    const std::string name = i < wanted.size() ? wanted[i] : wanted.back();
    const ValueId id = graph_.outputs[i];
    outputs_.push_back({names_.take(name), type(id), sizes_without_batch(graph_, id)});
  }
}

void Function::name_arrays() {
  for (size_t i = 0; i < plan_.arrays().size(); ++i) {
    // a … h; i and on are loops' variables.
    const std::string name(1, static_cast<char>('a' + static_cast<char>(i % 8)));
    array_names_.push_back(names_.take(name));
  }
}

void Function::write(const Step& step) {
  const std::string& name = step.operation->name;
  try {
    if (step.view) return write_copy(*this, step);
    if (is_elementwise(name)) return write_elementwise(*this, step);
    if (const Writer writer = layer_writer(name)) return writer(*this, step);
    if (const Writer writer = gathering_writer(name)) return writer(*this, step);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.find(name) != std::string::npos) throw;
    throw Error("{}: {}", step.operation->where(), text);
  }
  throw Error(
      "{}: expected an operation that can be written as C, found one that is not known; "
      "TorchScript runs it",
      step.operation->where());
}

void Function::finish_outputs() {
  if (returns_) {
    const Access from = access(graph_.outputs[0]);
    const auto value = known(graph_.outputs[0]);
    result_ = value ? literal(value->item<double>(), type(graph_.outputs[0]))
                    : fmt::format("{}[{}]", from.array, from.offset);
    return;
  }
  for (size_t i = 0; i < graph_.outputs.size(); ++i) {
    const ValueId id = graph_.outputs[i];
    const Place where = plan_.place(id);
    if (plan_.output_of(where.root) == i) continue;
    Access to = {outputs_[i].name, 0, packed_strides(sizes(id))};
    begin("a result that is elsewhere as well");
    lines(loops(sizes(id), {to, access(id)},
                [](const auto& elements) { return elements[0] + " = " + elements[1] + ";"; }));
  }
}

std::optional<at::Tensor> Function::known(ValueId id) const {
  const Value& value = graph_.value(id);
  if (value.constant) return value.constant;
  if (value.is_zero) return at::zeros(item_sizes(graph_, id), at::TensorOptions(value.type));
  return std::nullopt;
}

Access Function::access(ValueId id) {
  const Place where = plan_.place(id);
  const auto strides = packed_strides(sizes(id));
  if (const auto value = known(where.root))
    return {weights(*value, weights_name(where.root)), where.offset, strides};
  for (size_t i = 0; i < graph_.inputs.size(); ++i) {
    if (graph_.inputs[i] != where.root) continue;
    inputs_[i].used = true;
    return {inputs_[i].name, where.offset, strides};
  }
  if (const auto output = plan_.output_of(where.root))
    return {outputs_[*output].name, where.offset, strides};
  return {array_names_.at(plan_.array_of(where.root).value()), where.offset, strides};
}

std::string Function::weights_name(ValueId id) const {
  const Value& value = graph_.value(id);
  if (value.kind != Value::Kind::Result) return value.name;
  // What follows from weights is called by the layer and the operation.
  for (const auto& operation : graph_.operations) {
    const auto& results = operation.results;
    if (std::find(results.begin(), results.end(), id) != results.end())
      return operation.layer + "." + value.name;
  }
  return value.name;
}

std::string Function::pointer(ValueId id) {
  const Access where = access(id);
  return where.offset == 0 ? where.array : fmt::format("{} + {}", where.array, where.offset);
}

std::string Function::scratch(const Step& step, size_t which) const {
  return array_names_.at(step.scratch_arrays.at(which));
}

std::string Function::weights(const at::Tensor& values, const std::string& wanted) {
  return shared_.arrays.take(values, wanted);
}

std::string Function::helper(const std::string& name) {
  shared_.helpers.insert(name);
  return shared_.prefix + "_" + name;
}

void Function::begin(const std::string& title) { blocks_.push_back({comment_text(title), {}}); }

void Function::also(const std::string& title) {
  if (blocks_.empty()) return begin(title);
  blocks_.back().title += ", " + comment_text(title);
}

void Function::line(const std::string& line) { lines({line}); }

void Function::lines(const std::vector<std::string>& lines) {
  auto& all = blocks_.back().lines;
  for (const auto& line : lines) {
    const auto parts = wrapped(line);
    all.insert(all.end(), parts.begin(), parts.end());
  }
}

std::string Function::parameter_text(const Parameter& parameter, bool is_input) const {
  return fmt::format("{}{} {}[{}]", is_input ? "const " : "", type_name(parameter.type),
                     parameter.name, product(parameter.sizes));
}

std::string Function::declaration() const {
  const char* returned = "void";
  if (returns_)
    returned = type(graph_.outputs[0]) == Type::Byte ? "int" : type_name(type(graph_.outputs[0]));
  std::string text = fmt::format("{} {}(", returned, name_);
  size_t width = text.size();
  const auto add = [&](const Parameter& parameter, bool is_input) {
    const std::string next = parameter_text(parameter, is_input);
    if (text.back() != '(') text += ",", ++width;
    if (width + next.size() + 3 > kLineWidth) {
      text += "\n    ", width = 4;
    } else if (text.back() == ',') {
      text += " ", ++width;
    }
    text += next, width += next.size();
  };
  for (const auto& input : inputs_) add(input, true);
  for (const auto& output : outputs_) add(output, false);
  return text + ")";
}

std::string Function::text() const {
  std::string text = declaration() + " {\n";
  for (size_t i = 0; i < array_names_.size(); ++i) {
    const LocalArray& array = plan_.arrays()[i];
    text += fmt::format("    {} {}[{}];\n", type_name(array.type), array_names_[i], array.elements);
  }
  for (const auto& input : inputs_)
    if (!input.used) text += fmt::format("    (void){}; /* makes no difference */\n", input.name);
  for (const auto& block : blocks_) {
    text += fmt::format("\n    /* {} */\n", block.title);
    for (const auto& line : block.lines) text += "    " + line + "\n";
  }
  if (returns_) text += fmt::format("\n    return {};\n", result_);
  return text + "}\n";
}

std::string Function::example() const {
  std::vector<std::string> arguments;
  for (const auto& input : inputs_) arguments.push_back(input.name);
  for (const auto& output : outputs_) arguments.push_back(output.name);
  std::string call = fmt::format("{}({});", name_, join_text(arguments));
  if (!returns_) return call;
  const Type returned = type(graph_.outputs[0]);
  return fmt::format("{} {} = {}", returned == Type::Byte ? "int" : type_name(returned),
                     identifier(graph_.method), call);
}

std::vector<std::string> Function::example_arrays() const {
  std::vector<std::string> arrays;
  for (const auto* parameters : {&inputs_, &outputs_}) {
    for (const auto& parameter : *parameters) arrays.push_back(parameter_text(parameter, false));
  }
  return arrays;
}

std::vector<std::string> Function::shapes() const {
  std::vector<std::string> texts;
  for (const auto* parameters : {&inputs_, &outputs_}) {
    for (const auto& parameter : *parameters)
      texts.push_back(fmt::format("{}: {}", parameter.name, sizes_text(parameter.sizes)));
  }
  return texts;
}

}  // namespace hourglass::formats::c
