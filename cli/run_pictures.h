#pragma once

#include "datasets/open.h"
#include "recipes/run_options.h"

#include <filesystem>
#include <vector>

namespace hourglass {

/// Draws a run's pictures from its best.pt and metrics.csv into `folder`/figures and returns their
/// paths. Throws `Error` where `figures_available()` is false.
std::vector<std::filesystem::path> draw_run_pictures(const std::filesystem::path& folder,
                                                     const RunOptions& options,
                                                     const DataSplits& data);

}  // namespace hourglass
