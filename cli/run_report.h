#pragma once

#include <filesystem>
#include <string>

namespace hourglass::cli {

/// A run's folder as one HTML page that needs nothing else: results, pictures, layers, options,
/// data, metrics, and commands to use the model. What a run does not have (yet) is said on the
/// page. Throws `Error` where the folder holds no run.
std::string report_page(const std::filesystem::path& folder);

}  // namespace hourglass::cli
