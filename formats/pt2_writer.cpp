#include "hourglass/core/error.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/pickle_file.h"
#include "hourglass/formats/pt2.h"
#include "hourglass/formats/pt2_names.h"
#include "hourglass/formats/zip.h"

#include <ATen/ATen.h>
#include <torch/version.h>

#include <cctype>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace hourglass::formats {
namespace {

using nlohmann::json;

constexpr int64_t kExampleBatch = 2;
constexpr const char* kRoot = "best/";

json whole(int64_t number) { return {{"as_int", number}}; }

/// A size as sympy writes it.
json size_json(const Size& size) {
  if (size.is_fixed()) return whole(size.fixed);
  std::string text = fmt::format("Symbol('{}', positive=True, integer=True)", pt2::kBatchSymbol);
  if (size.per_item != 1) text = fmt::format("Mul(Integer({}), {})", size.per_item, text);
  if (size.fixed != 0) text = fmt::format("Add({}, Integer({}))", text, size.fixed);
  return {{"as_expr", {{"expr_str", text}, {"hint", whole(size.at(kExampleBatch))}}}};
}

int number_of(at::ScalarType type, const std::string& where) {
  if (const auto number = pt2::number_of(type)) return *number;
  throw Error("{}: expected a type that .pt2 files have, found {}", where, c10::toString(type));
}

/// Of contiguous tensors. Where two sizes grow with the batch, their product is told for the example.
json strides_json(const std::vector<Size>& sizes) {
  std::vector<Size> strides(sizes.size(), {1, 0});
  for (size_t i = sizes.size(); i > 1; --i) {
    const Size &inner = strides[i - 1], &size = sizes[i - 1];
    strides[i - 2] = inner.is_fixed()  ? Size{inner.fixed * size.fixed, inner.fixed * size.per_item}
                     : size.is_fixed() ? Size{inner.fixed * size.fixed, inner.per_item * size.fixed}
                                       : Size{inner.at(kExampleBatch) * size.at(kExampleBatch), 0};
  }
  json list = json::array();
  for (const Size& stride : strides) list.push_back(size_json(stride));
  return list;
}

json tensor_meta(const Value& value) {
  json sizes = json::array();
  for (const Size& size : value.sizes) sizes.push_back(size_json(size));
  constexpr int kStrided = 7;
  return {{"dtype", number_of(value.type, value.name)},
          {"sizes", sizes},
          {"requires_grad", value.kind == Value::Kind::Parameter},
          {"device", {{"type", "cpu"}, {"index", nullptr}}},
          {"strides", strides_json(value.sizes)},
          {"storage_offset", whole(0)},
          {"layout", kStrided}};
}

/// One method as the JSON of an exported program.
class Program {
 public:
  explicit Program(const Graph& graph) : graph_(graph), names_(graph.values.size()) {
    name_values();
    for (const auto& operation : graph.operations) add(operation);
  }

  json text() const {
    json nodes = nodes_, values = json::object(), inputs = json::array(), outputs = json::array();
    for (const ValueId id : used_) values[names_[id]] = tensor_meta(graph_.value(id));
    for (const ValueId id : stored_) inputs.push_back(tensor(id));
    for (const ValueId id : graph_.inputs) inputs.push_back(tensor(id));
    for (const ValueId id : graph_.outputs) outputs.push_back(tensor(id));
    return {{"graph_module",
             {{"graph",
               {{"inputs", inputs},
                {"outputs", outputs},
                {"nodes", nodes},
                {"tensor_values", values},
                {"sym_int_values", sizes_},
                {"sym_bool_values", json::object()},
                {"sym_float_values", json::object()},
                {"custom_obj_values", json::object()},
                {"is_single_tensor_return", false}}},
              {"signature", {{"input_specs", input_specs()}, {"output_specs", output_specs()}}},
              {"module_call_graph", json::array({call_signature()})},
              {"metadata", json::object()},
              {"treespec_namedtuple_fields", json::object()}}},
            {"opset_version", {{"aten", pt2::kAtenOpset}}},
            {"range_constraints", {{pt2::kBatchSymbol, {{"min_val", 1}, {"max_val", nullptr}}}}},
            {"schema_version", {{"major", pt2::kSchemaMajor}, {"minor", pt2::kSchemaMinor}}},
            {"verifiers", json::array({"TRAINING"})},
            {"torch_version", TORCH_VERSION},
            {"guards_code", json::array()}};
  }

  /// The parameters, buffers and constants that the program takes, in its order.
  const std::vector<ValueId>& stored() const { return stored_; }

 private:
  const Graph& graph_;
  std::vector<std::string> names_;
  std::vector<ValueId> stored_, used_;
  json nodes_ = json::array(), sizes_ = json::object();
  std::map<std::pair<int64_t, int64_t>, std::string> size_names_;

  /// Names that Python takes as variables.
  void name_values() {
    std::set<std::string> taken;
    const std::map<Value::Kind, std::string> prefixes = {{Value::Kind::Parameter, "p_"},
                                                         {Value::Kind::Buffer, "b_"},
                                                         {Value::Kind::Constant, "c_"},
                                                         {Value::Kind::Input, ""},
                                                         {Value::Kind::Result, ""}};
    std::set<ValueId> used(graph_.inputs.begin(), graph_.inputs.end());
    used.insert(graph_.outputs.begin(), graph_.outputs.end());
    for (const auto& operation : graph_.operations) {
      used.insert(operation.results.begin(), operation.results.end());
      const auto told = operation.tensors_taken();
      used.insert(told.begin(), told.end());
    }
    for (const ValueId id : used) {
      const Value& value = graph_.value(id);
      std::string name = prefixes.at(value.kind) + value.name;
      for (char& letter : name) {
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
      }
      while (!taken.insert(name).second) name += "_";
      names_[id] = name;
      used_.push_back(id);
      const bool is_stored = value.kind != Value::Kind::Input && value.kind != Value::Kind::Result;
      if (is_stored) stored_.push_back(id);
    }
  }

  json tensor(ValueId id) const { return {{"as_tensor", {{"name", names_[id]}}}}; }

  void add(const Operation& operation) {
    json inputs = json::array();
    for (const auto& argument : operation.arguments) {
      const bool is_told = !std::holds_alternative<std::monostate>(argument.content);
      if (argument.keyword_only && !is_told) continue;
      constexpr int kPositional = 1, kKeyword = 2;
      inputs.push_back({{"name", argument.name},
                        {"arg", content(operation, argument)},
                        {"kind", argument.keyword_only ? kKeyword : kPositional}});
    }
    json outputs = json::array();
    for (const ValueId id : operation.results) outputs.push_back(tensor(id));
    const std::string target =
        fmt::format("torch.ops.aten.{}.{}", operation.plain_name(),
                    operation.overload.empty() ? "default" : operation.overload);
    const json module_stack =
        operation.layer.empty()
            ? json("")
            : json(fmt::format("L__self__,,hourglass.Autoencoder;L__self___{0},{0},hourglass.Layer",
                               operation.layer));
    add_node(target, inputs, outputs, {{"nn_module_stack", module_stack}});
  }

  void add_node(const std::string& target, const json& inputs, const json& outputs, json metadata) {
    if (metadata.value("nn_module_stack", "").empty()) metadata.erase("nn_module_stack");
    nodes_.push_back({{"target", target},
                      {"inputs", inputs},
                      {"outputs", outputs},
                      {"metadata", std::move(metadata)},
                      {"is_hop_single_tensor_return", nullptr}});
  }

  json content(const Operation& operation, const Argument& argument) {
    const auto told = [&](const auto& content) -> json { return told_json(operation, content); };
    return std::visit(told, argument.content);
  }

  json told_json(const Operation& /*of*/, std::monostate /*none*/) { return {{"as_none", true}}; }
  json told_json(const Operation& /*of*/, ValueId id) { return tensor(id); }
  json told_json(const Operation& /*of*/, const std::vector<ValueId>& ids) {
    json names = json::array();
    for (const ValueId id : ids) names.push_back({{"name", names_[id]}});
    return {{"as_tensors", names}};
  }
  json told_json(const Operation& /*of*/, bool flag) { return {{"as_bool", flag}}; }
  json told_json(const Operation& /*of*/, double number) { return {{"as_float", number}}; }
  json told_json(const Operation& /*of*/, const std::string& text) { return {{"as_string", text}}; }
  json told_json(const Operation& /*of*/, const std::vector<double>& numbers) {
    return {{"as_floats", numbers}};
  }
  json told_json(const Operation& operation, at::ScalarType type) {
    return {{"as_scalar_type", number_of(type, operation.where())}};
  }
  json told_json(const Operation& /*of*/, const Size& size) {
    if (size.is_fixed()) return whole(size.fixed);
    return {{"as_sym_int", {{"as_name", size_name(size)}}}};
  }
  json told_json(const Operation& /*of*/, const std::vector<Size>& sizes) {
    json fixed = json::array(), symbols = json::array();
    bool grows = false;
    for (const Size& size : sizes) {
      fixed.push_back(size.fixed);
      grows = grows || !size.is_fixed();
      symbols.push_back(size.is_fixed() ? whole(size.fixed) : json({{"as_name", size_name(size)}}));
    }
    if (grows) return {{"as_sym_ints", symbols}};
    return {{"as_ints", fixed}};
  }

  /// The name of a size that grows with the batch, computed where it is first asked for.
  std::string size_name(const Size& size) {
    auto& name = size_names_[{size.fixed, size.per_item}];
    if (!name.empty()) return name;
    if (size == Size{0, 1}) {
      name = "sym_size_int";
      add_size(name, size, "torch.ops.aten.sym_size.int",
               {{{"name", "self"}, {"arg", tensor(graph_.inputs.front())}, {"kind", 1}},
                {{"name", "dim"}, {"arg", whole(0)}, {"kind", 1}}});
      return name;
    }
    const bool adds = size.fixed != 0;
    const Size rest = adds ? Size{0, size.per_item} : Size{0, 1};
    const std::string of = size_name(rest);
    name = fmt::format(
        "{}_{}", of,
        adds ? fmt::format("plus_{}", size_names_.size()) : fmt::format("times_{}", size.per_item));
    add_size(name, size, adds ? "_operator.add" : "_operator.mul",
             {{{"name", "a"}, {"arg", {{"as_sym_int", {{"as_name", of}}}}}, {"kind", 1}},
              {{"name", "b"}, {"arg", whole(adds ? size.fixed : size.per_item)}, {"kind", 1}}});
    return name;
  }

  void add_size(const std::string& name, const Size& size, const std::string& target,
                const json& inputs) {
    sizes_[name] = size_json(size);
    add_node(target, inputs, json::array({{{"as_sym_int", {{"as_name", name}}}}}), json::object());
  }

  json input_specs() const {
    json specs = json::array();
    for (const ValueId id : stored_) {
      const Value& value = graph_.value(id);
      const json argument = {{"name", names_[id]}};
      if (value.kind == Value::Kind::Parameter) {
        specs.push_back({{"parameter", {{"arg", argument}, {"parameter_name", value.name}}}});
      } else if (value.kind == Value::Kind::Buffer) {
        specs.push_back(
            {{"buffer", {{"arg", argument}, {"buffer_name", value.name}, {"persistent", true}}}});
      } else {
        specs.push_back(
            {{"tensor_constant", {{"arg", argument}, {"tensor_constant_name", value.name}}}});
      }
    }
    for (const ValueId id : graph_.inputs) specs.push_back({{"user_input", {{"arg", tensor(id)}}}});
    return specs;
  }

  json output_specs() const {
    json specs = json::array();
    for (const ValueId id : graph_.outputs)
      specs.push_back({{"user_output", {{"arg", tensor(id)}}}});
    return specs;
  }

  /// How Python calls the program: its arguments one by one, one result or a tuple.
  json call_signature() const {
    const json leaf = {{"type", nullptr}, {"context", nullptr}, {"children_spec", json::array()}};
    const auto tuple = [&](size_t count) {
      return json{{"type", "builtins.tuple"},
                  {"context", "null"},
                  {"children_spec", json::array_t(count, leaf)}};
    };
    const json none = {
        {"type", "builtins.dict"}, {"context", "[]"}, {"children_spec", json::array()}};
    const json arguments = {{"type", "builtins.tuple"},
                            {"context", "null"},
                            {"children_spec", {tuple(graph_.inputs.size()), none}}};
    const json result = graph_.outputs.size() == 1 ? leaf : tuple(graph_.outputs.size());
    json names = json::array();
    for (const ValueId id : graph_.inputs) names.push_back(graph_.value(id).name);
    return {{"fqn", ""},
            {"signature",
             {{"inputs", json::array()},
              {"outputs", json::array()},
              {"in_spec", json::array({1, arguments}).dump()},
              {"out_spec", json::array({1, result}).dump()},
              {"forward_arg_names", names}}}};
  }
};

/// Collects the files of an archive: the tensors of all methods are stored once.
class Archive {
 public:
  void add(const std::string& program_name, const Graph& graph) {
    const Program program(graph);
    add_file("models/" + program_name + ".json", program.text().dump());
    json weights = json::object(), constants = json::object();
    for (const ValueId id : program.stored()) {
      const Value& value = graph.value(id);
      const bool is_constant = value.kind == Value::Kind::Constant;
      (is_constant ? constants : weights)[value.name] = {
          {"path_name", stored_tensor(*value.constant, is_constant)},
          {"is_param", value.kind == Value::Kind::Parameter},
          {"use_pickle", false},
          {"tensor_meta", tensor_meta(value)}};
    }
    add_file("data/weights/" + program_name + "_weights_config.json",
             json{{"config", weights}}.dump());
    add_file("data/constants/" + program_name + "_constants_config.json",
             json{{"config", constants}}.dump());
    add_file("data/sample_inputs/" + program_name + ".pt", sample_inputs(graph));
  }

  void add_file(const std::string& name, std::string bytes) {
    files_.push_back({kRoot + name, std::move(bytes)});
  }

  const std::vector<ZipFile>& files() const { return files_; }

 private:
  std::vector<ZipFile> files_;
  /// By address, type, sizes and strides: a matrix and its transpose may lie in one place.
  std::map<std::tuple<const void*, at::ScalarType, std::vector<int64_t>, std::vector<int64_t>>,
           std::string>
      stored_;
  int weights_ = 0, constants_ = 0;

  std::string stored_tensor(const at::Tensor& tensor, bool is_constant) {
    std::string& name = stored_[{tensor.const_data_ptr(), tensor.scalar_type(),
                                 tensor.sizes().vec(), tensor.strides().vec()}];
    if (!name.empty()) return name;
    name =
        is_constant ? fmt::format("tensor_{}", constants_++) : fmt::format("weight_{}", weights_++);
    const at::Tensor values = tensor.detach().cpu().contiguous();
    add_file((is_constant ? "data/constants/" : "data/weights/") + name,
             {static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
    return name;
  }

  /// Two items for each argument, as `torch.save` writes `((x,), {})`.
  static std::string sample_inputs(const Graph& graph) {
    std::vector<c10::IValue> items;
    for (const ValueId id : graph.inputs) {
      std::vector<int64_t> shape;
      for (const Size& size : graph.value(id).sizes) shape.push_back(size.at(kExampleBatch));
      items.emplace_back(at::zeros(shape, graph.value(id).type));
    }
    return pickle_bytes(c10::ivalue::Tuple::create(
        {c10::ivalue::Tuple::create(items), c10::Dict<std::string, at::Tensor>()}));
  }
};

}  // namespace

void write_pt2(const std::filesystem::path& path, const Pt2File& file) {
  Archive archive;
  archive.add_file("archive_format", "pt2");
  archive.add_file("archive_version", "0");
  archive.add_file("byteorder", "little");
  archive.add_file(".data/version", "6\n");
  for (const Graph& graph : file.methods) {
    archive.add(graph.method, graph);
    if (graph.method == "forward") archive.add("model", graph);
  }
  if (!file.card.empty()) archive.add_file("extra/hourglass.json", file.card);
  write_zip(path, archive.files());
}

}  // namespace hourglass::formats
