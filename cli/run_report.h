#pragma once

#include "hourglass/cli/recorded_run.h"
#include "hourglass/cli/run_measures.h"

#include <filesystem>
#include <string>

namespace hourglass::cli {

/// A run's folder as one HTML page that needs nothing else: results, measures beside PCA, pictures,
/// layers, options, data, metrics, and commands to use the model. What a run does not have (yet) is
/// said on the page. `say` is told what is at work: measuring may take seconds. Throws `Error` where
/// the folder holds no run.
std::string report_page(
    const std::filesystem::path& folder, const StageOfWork& say = [](const std::string&) {});

/// The same of a run that was read as far as it is trusted. Of one that is not, commands that would
/// run what lies in its folder are left out.
std::string report_page(const RecordedRun& run, const StageOfWork& say);

}  // namespace hourglass::cli
