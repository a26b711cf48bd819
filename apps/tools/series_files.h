#pragma once

#include "hourglass/apps/tools/series_anomalies.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::apps {

/// What `write_series_files` may write.
inline const std::vector<std::string> kSeriesFiles = {"scores.csv", "alerts.csv", "series.png",
                                                      "worst.png", "histogram.png"};

/// Writes time, score and flag of each step and the alerts as tables, and as pictures where this
/// build draws: the series with its reconstruction above the scores, a part of that around the
/// highest score, and the scores' histogram. Values are in the user's units. Returns the paths.
std::vector<std::string> write_series_files(const JudgedSeries& judged,
                                            const std::filesystem::path& folder,
                                            const OutputOptions& output);

}  // namespace hourglass::apps
