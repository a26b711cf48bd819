#include "hourglass/formats/exports.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/c_source.h"
#include "hourglass/formats/model_files.h"
#include "hourglass/formats/onnx.h"
#include "hourglass/formats/pt2.h"
#include "hourglass/formats/saelens.h"
#include "hourglass/formats/script_graph.h"
#include "hourglass/formats/torchscript.h"

#include <algorithm>
#include <map>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

/// What a file of `layers` would be good for, TorchScript is.
bool is_exported(const models::TensorMethod& method) { return method.name != "layers"; }

const models::TensorMethod& method_named(const Script& script, const std::string& name) {
  const auto found = std::find_if(script.methods.begin(), script.methods.end(),
                                  [&](const auto& method) { return method.name == name; });
  if (found == script.methods.end())
    throw Error("the written file has a method '{}', which the model lacks", name);
  return *found;
}

std::map<std::string, std::string> onnx_metadata(const Script& script) {
  if (!script.card.is_known()) return {};
  return {{"hourglass.json", card_text(script.card)},
          {"variant", script.card.variant},
          {"recipe", script.card.recipe}};
}

/// The bytes of an ONNX file, which say what they should.
std::string checked_onnx(const Script& script, const Graph& graph, const fs::path& path) {
  std::string bytes = onnx_bytes(graph, onnx_metadata(script));
  const OnnxSummary found = parse_onnx_summary(bytes, path.string());
  if (found.inputs.size() == graph.inputs.size() && found.outputs.size() == graph.outputs.size()) {
    return bytes;
  }
  throw Error("{}: expected the inputs and outputs of '{}', found others", path.string(),
              graph.method);
}

/// No file is replaced before all are sound.
void write_onnx_files(const Script& script, const std::vector<fs::path>& paths) {
  const auto graphs = graphs_of(script);
  std::vector<std::string> files;
  files.reserve(graphs.size());
  for (size_t i = 0; i < graphs.size(); ++i) {
    files.push_back(checked_onnx(script, graphs[i], paths[i]));
  }
  for (size_t i = 0; i < files.size(); ++i) write_file_atomically(paths[i], files[i]);
}

/// What a reader of the C file should know of the model.
std::vector<std::string> facts_of(const Script& script) {
  const ModelCard& card = script.card;
  if (!script.card.is_known()) return {};
  std::vector<std::string> facts = {
      fmt::format("An autoencoder of the variant '{}'{}.", card.variant,
                  card.recipe.empty() ? "" : fmt::format(", recipe '{}'", card.recipe))};
  facts.push_back(fmt::format("Items have the shape {}, codes the shape {} ({}).",
                              shape_text(card.input_shape), shape_text(card.code_shape),
                              card.code_kind));
  if (card.data) {
    const auto& scaling = card.data->scaling;
    const bool alike = scaling.factor.size() == 1 && scaling.curves.empty();
    facts.push_back(
        scaling.changes_nothing() ? "It takes values as they are stored."
        : alike                   ? fmt::format("It takes scaled values: (stored - {:g}) * {:.9g}.",
                                                scaling.offset[0], scaling.factor[0])
                : "It takes scaled values: the model's card says how each column is scaled.");
  }
  return facts;
}

void write_c(const Script& script, const fs::path& path, const std::string& name) {
  write_file_atomically(path,
                        c_source(graphs_of(script), {.name = name, .facts = facts_of(script)}));
}

/// Parameters and buffers by name, and the card.
ModelTensors tensors_of(const Script& script) {
  ModelTensors model = {.card = script.card, .tensors = {}};
  for (const auto& entry : script.module.named_parameters())
    model.tensors[entry.name] = entry.value;
  for (const auto& entry : script.module.named_buffers()) model.tensors[entry.name] = entry.value;
  return model;
}

void write_tensors(const Script& script, const fs::path& path) {
  if (!script.card.is_known())
    throw Error(
        "safetensors: expected a model with a card, which says how to rebuild it, found a third "
        "party's");
  write_model_tensors(path, tensors_of(script));
}

}  // namespace

std::vector<Graph> graphs_of(const Script& script) {
  std::vector<Graph> graphs;
  for (const auto& method : script.methods) {
    if (!is_exported(method)) continue;
    graphs.push_back(script_graph(script.module, method.name, method.arguments));
    expect_same_results(graphs.back(), method);
  }
  return graphs;
}

void write_pt2(const Script& script, const fs::path& path) {
  const Pt2File file = {.methods = graphs_of(script),
                        .card = script.card.is_known() ? card_text(script.card) : ""};
  write_file_atomically(path, [&](const fs::path& temporary) {
    write_pt2(temporary, file);
    for (const Graph& graph : read_pt2(temporary).methods) {
      expect_same_results(graph, method_named(script, graph.method));
    }
  });
}

std::vector<fs::path> export_paths(const Script& script, ExportFormat format,
                                   const fs::path& folder, const std::string& name) {
  switch (format) {
    case ExportFormat::Pt2: return {folder / (name + ".pt2")};
    case ExportFormat::TorchScript: return {folder / (name + ".pt")};
    case ExportFormat::C: return {folder / (name + ".c")};
    case ExportFormat::Safetensors: return {folder / (name + ".safetensors"), folder / "card.json"};
    case ExportFormat::SaeLens: return {folder / "cfg.json", folder / "sae_weights.safetensors"};
    case ExportFormat::Onnx: break;
  }
  std::vector<fs::path> paths;
  for (const auto& method : script.methods) {
    if (!is_exported(method)) continue;
    const std::string end = method.name == "forward" ? "" : "-" + method.name;
    paths.push_back(folder / (name + end + ".onnx"));
  }
  return paths;
}

std::vector<fs::path> write_export(const Script& script, ExportFormat format,
                                   const fs::path& folder, const std::string& name) {
  auto paths = export_paths(script, format, folder, name);
  switch (format) {
    case ExportFormat::Pt2: write_pt2(script, paths.front()); break;
    case ExportFormat::Onnx: write_onnx_files(script, paths); break;
    case ExportFormat::Safetensors: write_tensors(script, paths.front()); break;
    case ExportFormat::C: write_c(script, paths.front(), name); break;
    case ExportFormat::TorchScript: write_torchscript(script, paths.front()); break;
    case ExportFormat::SaeLens: write_saelens(folder, tensors_of(script)); break;
  }
  return paths;
}

}  // namespace hourglass::formats
