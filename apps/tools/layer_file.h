#pragma once

#include "hourglass/apps/tools/tool.h"

#include <string>
#include <vector>

namespace hourglass::apps {

// One layer's values for many rows, as data for training another model.

struct LayerFile {
  std::string path;
  std::vector<std::string> layers;  ///< patterns that name one layer
  const ModelOptions& model;
  const RowOptions& rows;
  const OutputOptions& output;
};

/// Whether the path ends in .npy.
bool is_layer_file(const std::string& path);

/// Writes it for the checkpoint that the line names, [rows, values] float32, and says so. Throws
/// `UsageError` where the line asks for more than values, `Error` as `layer_values` does.
int save_layer(const LayerFile& file, const cli::CommandLine& line);

}  // namespace hourglass::apps
