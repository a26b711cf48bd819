#pragma once

#include "hourglass/formats/export_format.h"
#include "hourglass/formats/graph.h"
#include "hourglass/formats/script.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::formats {

/// The methods that other formats than TorchScript have as operations: all but `layers`. Each is
/// compared with the method it is of, at another batch size. Throws `Error` as `script_graph` and
/// `expect_same_results` do.
std::vector<Graph> graphs_of(const Script& script);

/// Writes the model in that format as `folder / name`, with the format's suffix, replacing what is
/// there file by file; gives the paths. Before a file gets its name, what is to be in it is read
/// again: Pt2 and TorchScript are computed and compared with the model, the tensors of Safetensors
/// are compared, and ONNX has to be sound. Nothing here reads C or SaeLens. Throws `Error` that
/// names operation and layer where a model does what the format cannot say.
std::vector<std::filesystem::path> write_export(const Script& script, ExportFormat format,
                                                const std::filesystem::path& folder,
                                                const std::string& name);

/// The files that `write_export` would write.
std::vector<std::filesystem::path> export_paths(const Script& script, ExportFormat format,
                                                const std::filesystem::path& folder,
                                                const std::string& name);

/// `best.pt2` of a run: the format Pt2 under a path of its own.
void write_pt2(const Script& script, const std::filesystem::path& path);

}  // namespace hourglass::formats
