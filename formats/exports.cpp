#include "hourglass/formats/exports.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/pt2.h"
#include "hourglass/formats/script_graph.h"
#include "hourglass/formats/torchscript.h"

#include <algorithm>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

/// What a file of `layers` would be good for, TorchScript is.
bool is_exported(const models::TensorMethod& method) { return method.name != "layers"; }

const models::TensorMethod& method_named(const Script& script, const std::string& name) {
  return *std::find_if(script.methods.begin(), script.methods.end(),
                       [&](const models::TensorMethod& method) { return method.name == name; });
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
  const Pt2File file = {.methods = graphs_of(script), .card = card_text(script.card)};
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
    case ExportFormat::TorchScript: write_torchscript(script, paths.front()); break;
    default: throw Error("not written yet");
  }
  return paths;
}

}  // namespace hourglass::formats
