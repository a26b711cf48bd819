#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/code_index.h"
#include "hourglass/evaluation/retrieval.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
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

/// Encodes the entries, or reads the file of an index where one is named. Throws `Error` unless
/// that was made with the model, of the entries.
SearchLibrary open_library(evaluation::ExportedModel& model, const RowOptions& options,
                           const std::string& index_file, const cli::CommandLine& line,
                           const OutputOptions& output);

/// Items to find the like of.
struct SearchedItems {
  std::vector<std::string> names;  ///< row numbers of the part, or paths
  std::vector<std::string> files;  ///< of rows that are files of a folder; else none
  datasets::DatasetPtr rows;
  at::Tensor own_rows;  ///< see `NeighbourOptions`
};

/// Rows of the part, at `positions` (int64 [N]).
SearchedItems part_rows(const SearchLibrary& library, const at::Tensor& positions);

/// The same by their numbers. Throws `Error` for a row that the part does not have.
SearchedItems part_rows(const SearchLibrary& library, const RowList& numbers);

/// The images of `read_image_inputs`.
SearchedItems image_items(const ImageInputs& images);

/// How `count` neighbours of the items are searched.
evaluation::NeighbourOptions search_options(const SearchLibrary& library,
                                            const SearchedItems& items, int64_t count);

}  // namespace hourglass::apps
