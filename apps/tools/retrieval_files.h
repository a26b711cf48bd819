#pragma once

#include "hourglass/apps/tools/search_library.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/retrieval.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::apps {

/// What `write_retrieval_files` may write.
inline const std::vector<std::string> kRetrievalFiles = {"neighbours.csv", "neighbours.png"};

/// Writes what was found for the queries as a table, and as a picture of the first queries and
/// their neighbours where this build draws. Returns the paths.
std::vector<std::string> write_retrieval_files(const std::vector<evaluation::RetrievedQuery>& found,
                                               const datasets::Dataset& queries,
                                               const SearchLibrary& library,
                                               const evaluation::ExportedModel& model,
                                               const std::filesystem::path& folder,
                                               const OutputOptions& output);

}  // namespace hourglass::apps
