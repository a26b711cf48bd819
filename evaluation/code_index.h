#pragma once

#include "hourglass/evaluation/neighbours.h"

#include <filesystem>
#include <string>

namespace hourglass::evaluation {

/// The codes of a data set's rows, kept in a file so that they need not be made again.
struct CodeIndex {
  NeighbourIndex entries;
  Distance distance = Distance::L2;  ///< used where nothing else is asked for
  std::string checkpoint_sha256;     ///< of the model that made them
  std::string data_name, data_sha256;
  std::string part;  ///< of the data: "train"
};

/// Replaces the file by an NPZ archive of `codes`, `labels` (where there are some) and `about`, the
/// rest as the bytes of a JSON text.
void save_index(const std::filesystem::path& path, const CodeIndex& index);

/// Throws `Error` for a file that `save_index` did not write, or that is damaged.
CodeIndex load_index(const std::filesystem::path& path);

}  // namespace hourglass::evaluation
