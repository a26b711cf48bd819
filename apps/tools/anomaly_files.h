#pragma once

#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/tool.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::apps {

/// What `write_anomaly_files` may write.
inline const std::vector<std::string> kAnomalyFiles = {"scores.csv",    "causes.csv", "columns.csv",
                                                       "histogram.png", "roc.png",    "worst.png"};

/// Writes the scores as a table, of a table's rows what they come from, and pictures where this build draws: their histogram, the ROC
/// curve where anomalies are known, and the `worst` rows with the highest scores above what the
/// model makes of them. Returns the paths.
std::vector<std::string> write_anomaly_files(const JudgedAnomalies& judged,
                                             evaluation::ExportedModel& model, int64_t worst,
                                             const std::filesystem::path& folder,
                                             const OutputOptions& output);

/// Prints what was found, and the `files` that were written.
void print_anomalies(const JudgedAnomalies& judged, const std::vector<std::string>& files,
                     const OutputOptions& output);

}  // namespace hourglass::apps
