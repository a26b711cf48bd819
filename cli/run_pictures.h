#pragma once

#include "hourglass/runs/run_options.h"
#include "hourglass/sources/open.h"

#include <filesystem>
#include <vector>

namespace hourglass::cli {

/// Draws a run's pictures from its best.pt and metrics.csv into `folder`/figures and returns their
/// paths. Throws `Error` where `figures_available()` is false.
std::vector<std::filesystem::path> draw_run_pictures(const std::filesystem::path& folder,
                                                     const runs::RunOptions& options,
                                                     const sources::DataSplits& data);

}  // namespace hourglass::cli
