#include "hourglass/evaluation/exported_facts.h"

#include "hourglass/core/text.h"
#include "hourglass/evaluation/model_facts.h"
#include "hourglass/formats/card.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/formats/onnx.h"
#include "hourglass/formats/pt2.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <map>

namespace hourglass::evaluation {
namespace {

using formats::Graph;
using formats::OnnxSummary;
using formats::Value;
using nlohmann::json;

std::string size_text(const formats::Size& size) {
  if (size.is_fixed()) return std::to_string(size.fixed);
  std::string text = size.per_item == 1 ? "batch" : fmt::format("{} * batch", size.per_item);
  if (size.fixed != 0) text += fmt::format(" + {}", size.fixed);
  return text;
}

std::string shape_of(const Value& value) {
  std::vector<std::string> sizes;
  for (const auto& size : value.sizes) sizes.push_back(size_text(size));
  return join_text(sizes);
}

json method_row(const Graph& graph) {
  std::vector<std::string> taken, given;
  for (const auto id : graph.inputs) {
    taken.push_back(fmt::format("{} [{}]", graph.value(id).name, shape_of(graph.value(id))));
  }
  for (const auto id : graph.outputs)
    given.push_back(fmt::format("[{}]", shape_of(graph.value(id))));
  return {{"name", graph.method},
          {"signature", fmt::format("({}) -> {}", join_text(taken), join_text(given))},
          {"output_shape", fmt::format("{} operations", graph.operations.size())}};
}

json parameter_row(const std::string& name, const Shape& shape) {
  return {{"name", name}, {"shape", shape_text(shape)}, {"count", element_count(shape)}};
}

json card_of(const std::string& text, const std::string& where) {
  return text.empty() ? json::object() : formats::to_json(formats::parse_card(text, where));
}

json pt2_facts(const std::filesystem::path& path) {
  const formats::Pt2File file = formats::read_pt2(path);
  json methods = json::array(), parameters = json::array();
  std::map<std::string, Shape> shapes;
  for (const Graph& graph : file.methods) {
    methods.push_back(method_row(graph));
    for (const Value& value : graph.values) {
      if (value.kind == Value::Kind::Parameter) shapes[value.name] = value.constant->sizes().vec();
    }
  }
  for (const auto& [name, shape] : shapes) parameters.push_back(parameter_row(name, shape));
  return facts_of_parts(path, card_of(file.card, path.string()), methods, parameters);
}

std::string ports_text(const std::vector<OnnxSummary::Port>& ports) {
  std::vector<std::string> texts;
  texts.reserve(ports.size());
  for (const auto& port : ports) {
    texts.push_back(fmt::format("{} [{}]", port.name, join_text(port.sizes)));
  }
  return join_text(texts);
}

json onnx_facts(const std::filesystem::path& path) {
  const OnnxSummary file = formats::read_onnx_summary(path);
  int64_t operations = 0;
  for (const auto& [name, count] : file.operations) operations += count;
  const json methods = json::array(
      {{{"name", file.graph_name},
        {"signature", fmt::format("({}) -> {}", ports_text(file.inputs), ports_text(file.outputs))},
        {"output_shape", fmt::format("{} operations", operations)}}});
  json parameters = json::array();
  for (const auto& initializer : file.initializers) {
    // Whole numbers are shapes and places, which a checkpoint has in its operations.
    if (initializer.type == "int64") continue;
    parameters.push_back(parameter_row(initializer.name, initializer.sizes));
  }
  const auto card = file.metadata.find("hourglass.json");
  return facts_of_parts(path,
                        card_of(card == file.metadata.end() ? "" : card->second, path.string()),
                        methods, parameters);
}

}  // namespace

bool is_exported_file(const std::filesystem::path& path) {
  const auto kind = formats::file_kind(path);
  return kind == formats::FileKind::ExportedProgram || kind == formats::FileKind::Onnx;
}

json exported_facts(const std::filesystem::path& path) {
  return formats::file_kind(path) == formats::FileKind::Onnx ? onnx_facts(path) : pt2_facts(path);
}

}  // namespace hourglass::evaluation
