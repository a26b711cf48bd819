#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/keras_parts.h"

#include <fmt/format.h>

#include <cctype>
#include <map>

namespace hourglass::formats {
namespace {

using nlohmann::json;

bool is_model(const std::string& type) {
  return type == "Sequential" || type == "Functional" || type == "Model";
}

/// The group that Keras gives a class of layer: "Conv2DTranspose" -> "conv2d_transpose", "ReLU" ->
/// "re_lu". A capital that begins a word, and one behind a small letter, has an underscore before
/// it.
std::string group_name(const std::string& type) {
  const auto upper = [&](size_t i) { return i < type.size() && std::isupper(type[i]) != 0; };
  const auto lower = [&](size_t i) { return i < type.size() && std::islower(type[i]) != 0; };
  std::string name;
  for (size_t i = 0; i < type.size(); ++i) {
    if (i > 0 && upper(i) && (lower(i + 1) || lower(i - 1))) name += '_';
    name += static_cast<char>(std::tolower(type[i]));
  }
  return name;
}

/// The names of layers that an argument holds, as references to what they give.
void find_sources(const json& value, std::vector<std::string>& names) {
  if (value.is_object() && value.contains("class_name") &&
      value["class_name"] == "__keras_tensor__") {
    static const json::json_pointer kSource("/config/keras_history/0");
    const bool named = value.contains(kSource) && value[kSource].is_string();
    names.push_back(named ? value[kSource].get<std::string>() : "");
    return;
  }
  if (value.is_structured()) {
    for (const auto& part : value) find_sources(part, names);
  }
}

/// Walks through a model and the models in it.
class Walk {
 public:
  explicit Walk(const std::string& file) : file_(file) {}

  /// `group` is the model's in the weights' file; `models` those it is in, with itself.
  void add_model(const JsonFields& model, const std::string& group, const std::string& models);

  std::vector<KerasLayer> layers;

 private:
  struct Node {
    JsonFields fields;
    std::string type, name, group;
  };
  const std::string& file_;

  std::vector<Node> nodes_of(const JsonFields& config, const std::string& group) const;
  std::vector<Node> in_order(const std::vector<Node>& nodes, const JsonFields& config,
                             const std::string& model) const;
  void add_build_shape(const JsonFields& config, const std::vector<Node>& nodes);
};

std::vector<Walk::Node> Walk::nodes_of(const JsonFields& config, const std::string& group) const {
  std::vector<Node> nodes;
  std::map<std::string, int> used;
  for (const auto& fields : config.objects("layers")) {
    Node node{.fields = fields,
              .type = fields.get<std::string>("class_name"),
              .name = fields.object("config").get<std::string>("name", ""),
              .group = {}};
    node.group = group_name(node.type);
    const int before = used[node.group]++;
    if (before > 0) node.group += fmt::format("_{}", before);
    node.group = group + "layers/" + node.group;
    nodes.push_back(std::move(node));
  }
  if (nodes.empty()) config.fail("layers", "layers");
  return nodes;
}

/// A Functional model's layers, which are in any order: each reads what the one before it gives.
std::vector<Walk::Node> Walk::in_order(const std::vector<Node>& nodes, const JsonFields& config,
                                       const std::string& model) const {
  std::map<std::string, const Node*> reader_of;  // by what is read
  const Node* next = nullptr;
  for (const Node& node : nodes) {
    std::vector<std::string> sources;
    find_sources(node.fields.value("inbound_nodes"), sources);
    if (node.type == "InputLayer") {
      if (next) throw Error("{}: model '{}': expected one input, found several", file_, model);
      next = &node;
      continue;
    }
    if (sources.size() != 1) {
      throw Error("{}: {} '{}': expected a layer that reads one other's output, found {}", file_,
                  node.type, node.name, sources.size());
    }
    if (!reader_of.emplace(sources.front(), &node).second) {
      throw Error("{}: model '{}': expected a chain, found '{}' read by several layers", file_,
                  model, sources.front());
    }
  }
  if (!next) throw Error("{}: model '{}': expected an InputLayer, found none", file_, model);
  std::vector<Node> chain;
  while (next && chain.size() < nodes.size()) {
    chain.push_back(*next);
    const auto reader = reader_of.find(next->name);
    next = reader == reader_of.end() ? nullptr : reader->second;
  }
  const json& outputs = config.value("output_layers");
  const json& last = outputs.is_array() && outputs.size() == 1 ? outputs[0] : outputs;
  const bool ends = last.is_array() && !last.empty() && last[0] == chain.back().name;
  if (chain.size() != nodes.size() || !ends) {
    throw Error(
        "{}: model '{}': expected a chain from its input to its output, found another graph", file_,
        model);
  }
  return chain;
}

/// A Sequential model without an InputLayer knows its input's shape from when it was built.
void Walk::add_build_shape(const JsonFields& config, const std::vector<Node>& nodes) {
  const json& shape = config.value("build_input_shape");
  if (!layers.empty() || nodes.front().type == "InputLayer" || shape.is_null()) return;
  layers.push_back({.type = "InputLayer",
                    .name = "input",
                    .config = {{"batch_shape", shape}},
                    .weights = {},
                    .model = {},
                    .description = "the model's input"});
}

void Walk::add_model(const JsonFields& model, const std::string& group, const std::string& models) {
  const auto type = model.get<std::string>("class_name");
  const JsonFields config = model.object("config");
  const auto name = config.get<std::string>("name", "");
  if (!is_model(type) || config.value("layers").is_null()) {
    throw Error(
        "{}: model '{}': expected a Sequential or Functional model, found a class {}; save "
        "keras.Sequential([model.encoder, model.decoder]), or what its parts are called",
        file_, name, type);
  }
  std::vector<Node> nodes = nodes_of(config, group);
  if (type == "Sequential") {
    add_build_shape(config, nodes);
  } else {
    nodes = in_order(nodes, config, name);
  }
  for (const Node& node : nodes) {
    if (is_model(node.type)) {
      add_model(node.fields, node.group + "/",
                models.empty() ? node.name : models + "/" + node.name);
      continue;
    }
    layers.push_back({.type = node.type,
                      .name = node.name,
                      .config = node.fields.object("config").as_json(),
                      .weights = node.group,
                      .model = models,
                      .description = fmt::format("{} '{}'", node.type, node.name)});
  }
}

/// "mse" for "mean_squared_error", and so on; empty for others.
std::string loss_of(const JsonFields& model) {
  const auto compiled = model.find_object("compile_config");
  if (!compiled) return "";
  const json& loss = compiled->value("loss");
  std::string name = loss.is_string() ? loss.get<std::string>() : "";
  if (loss.is_object() && loss.contains("class_name") && loss["class_name"].is_string()) {
    name = group_name(loss["class_name"].get<std::string>());
  }
  if (name == "binary_crossentropy" || name == "bce") return "bce";
  if (name == "mean_squared_error" || name == "mse" || name == "MSE") return "mse";
  if (name == "mean_absolute_error" || name == "mae" || name == "MAE") return "mae";
  return "";
}

}  // namespace

KerasChain chain_of(const KerasArchive& archive) {
  const JsonFields model(archive.architecture, archive.architecture_file);
  Walk walk(archive.architecture_file);
  walk.add_model(model, "", "");
  return {.name = model.object("config").get<std::string>("name", ""),
          .loss = loss_of(model),
          .layers = std::move(walk.layers)};
}

}  // namespace hourglass::formats
