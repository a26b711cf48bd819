#pragma once

#include "hourglass/apps/tools/anomaly_judgement.h"

#include <filesystem>
#include <string>

namespace hourglass::apps {

/// What was found as a page of HTML that needs no other file: how many rows were flagged and by what,
/// the strangest rows, the pictures that lie in `folder`, and how later rows are judged.
std::string anomaly_page(const JudgedAnomalies& judged, const std::filesystem::path& folder);

}  // namespace hourglass::apps
