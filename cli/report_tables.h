#pragma once

#include "hourglass/cli/recorded_run.h"

#include <string>

namespace hourglass::cli {

// Sections of a run's report that list what was recorded, as HTML; "" where there is nothing to
// list.

std::string layer_section(const RecordedRun& run);
std::string option_section(const RecordedRun& run);
std::string data_section(const RecordedRun& run);
std::string metric_section(const RecordedRun& run);

}  // namespace hourglass::cli
