#include "hourglass/evaluation/model_facts.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/script.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <map>

namespace hourglass::evaluation {
namespace {

using nlohmann::json;

/// The fields of `object` among `keys` that it has.
json chosen_fields(const json& object, const std::vector<std::string>& keys) {
  json chosen = json::object();
  for (const auto& key : keys) {
    if (object.contains(key)) chosen[key] = object.at(key);
  }
  return chosen;
}

std::string signature(const c10::FunctionSchema& schema) {
  std::vector<std::string> arguments, results;
  for (const auto& argument : schema.arguments()) {
    if (argument.name() != "self") {
      arguments.push_back(argument.name() + ": " + argument.type()->annotation_str());
    }
  }
  for (const auto& result : schema.returns()) results.push_back(result.type()->annotation_str());
  return fmt::format("({}) -> {}", join_text(arguments), join_text(results));
}

/// Shapes, without the batch, of what the known methods give for an item of zeros; those that fail
/// on it are left out.
std::map<std::string, std::string> output_shapes(ExportedModel& model) {
  std::map<std::string, std::string> shapes;
  const auto input_shape = model.input_shape();
  if (!input_shape) return shapes;
  const at::Tensor condition = at::zeros({1, model.condition_width()});
  const auto try_method = [&](const std::string& name, const at::Tensor& x) {
    at::Tensor result;
    try {
      result = model.run_method(name, x, condition).front();
      shapes[name] = shape_text(result.sizes().slice(1).vec());
    } catch (const Error&) {
      // A third-party method may take something else, or not be there.
    }
    return result;
  };
  const at::Tensor x = at::zeros(with_batch(1, *input_shape));
  try_method("forward", x);
  const at::Tensor code = try_method("encode", x);
  if (code.defined()) {
    for (const char* name : {"decode", formats::kDecodeParameters}) try_method(name, code);
  }
  return shapes;
}

json methods_of(ExportedModel& model) {
  auto shapes = output_shapes(model);
  json rows = json::array();
  for (const auto& method : model.module().get_methods()) {
    rows.push_back({{"name", method.name()},
                    {"signature", signature(method.function().getSchema())},
                    {"output_shape", shapes[method.name()]}});
  }
  return rows;
}

json modules_of(ExportedModel& model) {
  json rows = json::array();
  for (const auto& module : model.module().named_modules()) {
    const auto& type = module.value.type()->name();
    rows.push_back({{"name", module.name.empty() ? "(whole)" : module.name},
                    {"type", type ? type->name() : "module"}});
  }
  return rows;
}

/// Names of ours, and of Python's, are those of the parts, with the numbers of a run's classes.
json parameters_of(const ExportedModel& model) {
  json rows = json::array();
  for (const auto& parameter : model.parameters()) {
    rows.push_back({{"name", parameter.name},
                    {"shape", shape_text(parameter.value.sizes().vec())},
                    {"count", parameter.value.numel()}});
  }
  return rows;
}

/// Rows become objects by their names, so that they are compared by name and not by place.
json named_rows(const json& rows) {
  json object = json::object();
  for (const auto& row : rows) {
    json rest = row;
    rest.erase("name");
    object[row.at("name").get<std::string>()] = rest;
  }
  return object;
}

/// Leaves of nested objects by dotted path; lists are leaves.
void collect_leaves(const json& value, const std::string& path,
                    std::map<std::string, json>& leaves) {
  if (!value.is_object()) {
    leaves[path] = value;
    return;
  }
  const std::string before = path.empty() ? "" : path + ".";
  for (const auto& [key, part] : value.items()) collect_leaves(part, before + key, leaves);
}

std::map<std::string, json> comparable(json facts) {
  facts.erase("file");
  for (const char* rows : {"methods", "layers", "modules", "parameters"}) {
    facts[rows] = named_rows(facts.at(rows));
  }
  // The modules' types and the layers' parameters say the same, and are noise beside the layers.
  if (!facts.at("layers").empty()) facts.erase("modules"), facts.erase("parameters");
  std::map<std::string, json> leaves;
  collect_leaves(facts, "", leaves);
  return leaves;
}

}  // namespace

json facts_of_parts(const std::filesystem::path& path, const json& card, const json& methods,
                    const json& parameters) {
  int64_t count = 0;
  for (const auto& row : parameters) count += row.at("count").get<int64_t>();
  json results = card.value("metrics", json::object());
  if (card.contains("epoch")) results["epoch"] = card.at("epoch");
  return {
      {"file", path.string()},
      {"bytes", std::filesystem::file_size(path)},
      {"parameter_count", count},
      {"methods", methods},
      {"layers", card.value("layer_table", json::array())},
      {"modules", json::array()},
      {"parameters", parameters},
      {"model",
       chosen_fields(card, {"variant", "network", "recipe", "input_shape", "target_shape",
                            "code_shape", "code_kind", "condition", "value_range", "libraries"})},
      {"data", chosen_fields(card.value("data", json::object()),
                             {"name", "sha256", "total_rows", "training_rows", "validation_rows",
                              "test_rows", "validation", "class_names", "series"})},
      {"results", results},
      {"options", card.value("options", json::object())}};
}

json model_facts(ExportedModel& model) {
  const json card = model.card() ? formats::to_json(*model.card()) : json::object();
  json facts = facts_of_parts(model.path(), card, methods_of(model), parameters_of(model));
  facts["modules"] = modules_of(model);
  return facts;
}

json fact_differences(const json& first, const json& second) {
  const auto left = comparable(first), right = comparable(second);
  std::map<std::string, json> all = left;
  all.insert(right.begin(), right.end());
  const auto value_of = [](const std::map<std::string, json>& leaves, const std::string& path) {
    const auto leaf = leaves.find(path);
    return leaf == leaves.end() ? json() : leaf->second;
  };
  json rows = json::array();
  for (const auto& [path, ignored] : all) {
    const json a = value_of(left, path), b = value_of(right, path);
    if (a != b) rows.push_back({{"what", path}, {"first", a}, {"second", b}});
  }
  return rows;
}

}  // namespace hourglass::evaluation
