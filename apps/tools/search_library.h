#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/code_index.h"
#include "hourglass/evaluation/retrieval.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::apps {

/// The entries that a query is compared with, and the part that queries are of.
struct SearchLibrary {
  SelectedRows part;     ///< of the queries
  SelectedRows entries;  ///< the training rows for a test or validation part, else the part itself
  bool within = false;   ///< queries are entries, which are not their own neighbours
  evaluation::CodeIndex index;
};

/// The rows alone: the index is still empty.
SearchLibrary select_library(const evaluation::ExportedModel& model, const RowOptions& options,
                             const cli::CommandLine& line);

/// Encodes the entries.
evaluation::CodeIndex make_index(const SearchLibrary& library, evaluation::ExportedModel& model,
                                 const OutputOptions& output);

/// Reads the file of an index. Throws `Error` unless it was made with the model, of the entries.
evaluation::CodeIndex read_index(const SearchLibrary& library,
                                 const evaluation::ExportedModel& model, const std::string& path);

/// Items to find the like of.
struct SearchedItems {
  std::vector<std::string> names;  ///< row numbers of the part, or paths
  datasets::DatasetPtr rows;
  at::Tensor own_rows;  ///< see `NeighbourOptions`
};

/// Rows of the part, at `positions` (int64 [N]).
SearchedItems part_rows(const SearchLibrary& library, const at::Tensor& positions);

/// The same by their numbers. Throws `Error` for a row that the part does not have.
SearchedItems part_rows(const SearchLibrary& library, const RowList& numbers);

}  // namespace hourglass::apps
