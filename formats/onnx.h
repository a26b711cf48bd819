#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/formats/graph.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats {

// ONNX (https://onnx.ai, Open Neural Network Exchange): a method as a graph of operations that most
// runtimes compute. A file holds one graph, so each method is a file of its own.

/// The version of ONNX's operations that files are written in, and that of the file's messages
/// which came with it (ONNX 1.12, June 2022).
inline constexpr int64_t kOnnxOpset = 17, kOnnxIrVersion = 8;

/// The bytes of an ONNX file, the same for the same graph.
///
/// Inputs have the names of the graph's. Outputs are "reconstruction" of forward and decode, "code"
/// of encode, "mean" and "log_variance" of encode_distribution; any others "output", "output_1", ….
/// The batch is the symbolic size "batch" of both. Parameters are initializers under their names,
/// those of LSTMs apart, which ONNX wants in another order: "encoder.lstm1.W", ".R" and ".B". Nodes
/// have the layer in name and description ("encoder.dense1/Gemm"). What follows from parameters
/// alone is computed here and stored.
///
/// `metadata` are texts by name that any reader finds in the file ("hourglass.json").
///
/// Throws `Error` that names operation and layer for what ONNX has no operation for, and for more
/// than 2 GiB of parameters.
std::string onnx_bytes(const Graph& graph, const std::map<std::string, std::string>& metadata = {});

/// Replaces the file in one step (see core/files.h).
void write_onnx(const std::filesystem::path& path, const Graph& graph,
                const std::map<std::string, std::string>& metadata = {});

/// What an ONNX file says of itself, whoever wrote it.
struct OnnxSummary {
  struct Port {
    std::string name;
    std::string type;                ///< "float32"
    std::vector<std::string> sizes;  ///< "784", or a symbol, "batch"; "?" where it is not told
  };
  struct Initializer {
    std::string name;
    std::string type;
    Shape sizes;
    int64_t bytes = 0;  ///< in the file; 0 where they lie elsewhere
  };

  int64_t ir_version = 0, opset = 0;
  std::string producer_name, producer_version;
  std::string graph_name;
  std::vector<Port> inputs, outputs;
  std::map<std::string, int64_t> operations;  ///< how many nodes of each: {"Gemm", 6}
  std::vector<Initializer> initializers;
  std::map<std::string, std::string> metadata;
};

/// What the bytes of an ONNX file say; `name` stands for the file in errors. Safe for any bytes:
/// throws `Error` of one line unless they are the messages of a model with a graph, its texts are
/// UTF-8, and its initializers are as large as their sizes ask for.
OnnxSummary parse_onnx_summary(std::string_view bytes, const std::string& name);

/// Throws `Error` as `parse_onnx_summary` and `read_file` do.
OnnxSummary read_onnx_summary(const std::filesystem::path& path);

}  // namespace hourglass::formats
