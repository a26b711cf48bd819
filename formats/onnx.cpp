#include "hourglass/formats/onnx.h"

#include "hourglass/core/files.h"
#include "hourglass/core/version.h"
#include "hourglass/formats/onnx_operations.h"

namespace hourglass::formats {

std::string onnx_bytes(const Graph& graph, const std::map<std::string, std::string>& metadata) {
  onnx::Emitter emitter(graph);
  for (const auto& operation : graph.operations) {
    if (!graph.depends_on_items(operation)) continue;
    emitter.begin(operation);
    emitter.end(operation, onnx::find_translation(operation)(emitter, operation));
  }
  onnx::Model model = emitter.finish();
  model.producer_version = kVersion;
  model.metadata = metadata;
  return onnx::bytes_of(model);
}

void write_onnx(const std::filesystem::path& path, const Graph& graph,
                const std::map<std::string, std::string>& metadata) {
  write_file_atomically(path, onnx_bytes(graph, metadata));
}

}  // namespace hourglass::formats
